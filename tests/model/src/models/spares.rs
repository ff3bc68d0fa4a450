// SPDX-License-Identifier: GPL-2.0

//! The spare pages: the queue's CPU, a drain and the shrinker at once.

use kernel::model::spawn;

use super::{
    share,
    Model, //
};
use crate::{
    page::{
        bulk_page::EmptyPage,
        spares::{
            backoff_left,
            SparePages, //
        },
    },
    params::SPARES_MIN,
};

fn spares(nr: usize) -> &'static SparePages {
    let spares = share(SparePages::new(0));
    for _ in 0..nr {
        assert!(spares.keep(EmptyPage::new_reclaim(0).unwrap()).is_none());
    }
    spares
}

pub(super) const KEEP: Model = Model {
    name: "spares-keep",
    of: "spares: a page that is kept and taken is one owner's at a time, and whole",
    bound: None,
    words: 8,
    run: keep,
    after: || (),
};

fn keep() {
    let spares = spares(1);
    // One may come back, though there is room: places are looked at one after another.
    let keep_one = move |page: EmptyPage| {
        page.touch();
        usize::from(spares.keep(page).is_some())
    };
    let use_one = move || spares.take().map_or(0, keep_one);
    let other = spawn(use_one);
    let drain = spawn(move || keep_one(EmptyPage::new_reclaim(0).unwrap()));
    let back = use_one() + other.join().unwrap() + drain.join().unwrap();
    let left = core::iter::from_fn(|| spares.take()).count();
    assert_eq!(left + back, 2, "a page is lost, or there twice");
}

pub(super) const SURPLUS: Model = Model {
    name: "spares-surplus",
    of: "spares: whoever takes what is too much leaves what a CPU always needs",
    bound: None,
    words: 8,
    run: surplus,
    after: || (),
};

fn surplus() {
    let spares = spares(SPARES_MIN + 1);
    let other = spawn(move || spares.take_surplus().is_some());
    let here = spares.take_surplus().is_some();
    let there = other.join().unwrap();
    let left = core::iter::from_fn(|| spares.take()).count();
    assert!(left >= SPARES_MIN, "too few are left");
    assert_eq!(
        left + usize::from(here) + usize::from(there),
        SPARES_MIN + 1
    );
}
