//! What each account came with last, an address or a network.
//!
//! Nearly all come with one or two things day after day. To look at those first is much cheaper than a search among
//! the millions of all accounts, and since accounts come in order, so does what is looked at.

use crate::rollups::texts::Number;

/// The last two things of each account, the later one first.
#[derive(Clone, Debug)]
pub(super) struct Recent<T>(Vec<[Option<T>; 2]>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Recent<T> {
    /// The one of an account for which something holds. From now on it is the later one.
    pub(super) fn find(&mut self, account: Number, holds: impl Fn(T) -> bool) -> Option<T> {
        let both = self.0.get_mut(account as usize)?;
        if let [Some(later), _] = *both
            && holds(later)
        {
            return Some(later);
        }
        let earlier = both[1].filter(|earlier| holds(*earlier))?;
        both.swap(0, 1);
        Some(earlier)
    }

    /// Something that an account comes with, in the place of the one that it has not come with for longer.
    pub(super) fn add(&mut self, account: Number, next: T) {
        let account = account as usize;
        if self.0.len() <= account {
            self.0.resize(account + 1, [None; 2]);
        }
        self.0[account] = [Some(next), self.0[account][0]];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_came_last_stays() {
        let mut recent = Recent::default();
        let mut comes = |account, thing| {
            let known = recent.find(account, |known| known == thing).is_some();
            if !known {
                recent.add(account, thing);
            }
            known
        };
        let known = ["home", "phone 1", "home", "phone 2", "home", "phone 1"].map(|thing| comes(3, thing));
        assert_eq!(known, [false, false, true, false, true, false]);
        assert!(comes(3, "home") && !comes(2, "home"), "each account has its own");
    }
}
