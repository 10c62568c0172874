//! Work ahead: what comes next is made while the caller is busy with what came before.

use std::sync::mpsc::sync_channel;
use std::thread;

/// Takes the items of an iterator that runs on a thread of its own, one item ahead.
///
/// # Errors
/// The first of the items that is an error, or that of the first one that could not be taken.
pub(super) fn each_ahead<T: Send, E: Send, F: From<E>>(
    items: impl Iterator<Item = Result<T, E>> + Send,
    mut take: impl FnMut(T) -> Result<(), F>,
) -> Result<(), F> {
    thread::scope(|scope| {
        let (send, receive) = sync_channel(0);
        scope.spawn(move || {
            let mut items = items;
            // Where nobody takes any more, there is nothing left to do.
            let _ = items.try_for_each(|item| send.send(item));
        });
        receive.into_iter().try_for_each(|item| take(item?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_until_one_fails() {
        let mut taken = Vec::new();
        let whole: Result<(), &str> = each_ahead((0..1_000).map(Ok::<_, &str>), |item| {
            taken.push(item);
            Ok(())
        });
        assert_eq!((whole, taken), (Ok(()), (0..1_000).collect()));
        let mut taken = 0;
        let failed = each_ahead((0..).map(|item| if item < 7 { Ok(item) } else { Err("made") }), |_| {
            taken += 1;
            Ok(())
        });
        assert_eq!((failed, taken), (Err("made"), 7));
        assert_eq!(
            each_ahead((0..).map(Ok::<_, &str>), |item| if item < 3 { Ok(()) } else { Err("taken") }),
            Err("taken")
        );
    }
}
