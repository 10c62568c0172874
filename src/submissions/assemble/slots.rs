//! Places for what is open at once, used again with all that they have allocated.

/// Values by number.
#[derive(Debug)]
pub(super) struct Slots<T> {
    values: Vec<T>,
    /// Numbers of values that nobody needs.
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { values: Vec::new(), free: Vec::new() }
    }
}

impl<T: Default> Slots<T> {
    /// A value to be set anew, and its number.
    pub(super) fn take(&mut self) -> (u32, &mut T) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.values.push(T::default());
            self.values.len() as u32 - 1
        });
        (slot, &mut self.values[slot as usize])
    }

    /// Lets go of a value.
    pub(super) fn release(&mut self, slot: u32) {
        self.free.push(slot);
    }

    pub(super) fn get(&self, slot: u32) -> &T {
        &self.values[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut T {
        &mut self.values[slot as usize]
    }
}
