//! Values that are made of a state of the metadata and kept with it: plans, reaches, compiled formulas.
//!
//! The snapshot does not know what they are. Whoever makes such a value has a type of its own for it, and finds it by that
//! type. Looking one up takes no lock: there are few types, and a value stays where it was put.

use std::any::{Any, TypeId};
use std::sync::OnceLock;

/// Types that values may have; a few more than there are.
const MOST: usize = 32;

type Value = (TypeId, Box<dyn Any + Send + Sync>);

#[derive(Default)]
pub(super) struct Kept([OnceLock<Value>; MOST]);

impl Kept {
    /// The value of the type, made now if there is none yet.
    pub(super) fn get<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> &T {
        let wanted = TypeId::of::<T>();
        let mut make = Some(make);
        let mut made: Option<Value> = None;
        for slot in &self.0 {
            if slot.get().is_none() {
                let value =
                    made.take().or_else(|| make.take().map(|make| (wanted, Box::new(make()) as Box<_>)));
                // Somebody else may be faster; then this goes into a later slot, unless theirs is of the type.
                made = value.and_then(|value| slot.set(value).err());
            }
            let found = slot.get().filter(|(kind, _)| *kind == wanted);
            if let Some(value) = found.and_then(|(_, value)| value.downcast_ref()) {
                return value;
            }
        }
        unreachable!("snapshots keep values of at most {MOST} types")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plans(u8);
    struct Reaches(u8);

    #[test]
    fn a_value_of_each_type_is_made_once() {
        let kept = Kept::default();
        assert_eq!(kept.get(|| Plans(1)).0, 1);
        assert_eq!(kept.get(|| Reaches(2)).0, 2);
        assert_eq!((kept.get(|| Plans(3)).0, kept.get(|| Reaches(4)).0), (1, 2));
    }

    #[test]
    fn threads_see_the_same_value() {
        let kept = Kept::default();
        let places: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let kept = &kept;
                    scope.spawn(move || {
                        let _ = kept.get(|| Reaches(number)).0;
                        std::ptr::from_ref(kept.get(|| Plans(number))) as usize
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(places.iter().all(|place| *place == places[0]));
    }
}
