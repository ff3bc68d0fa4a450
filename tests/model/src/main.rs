// SPDX-License-Identifier: GPL-2.0

//! Models of the lock-free parts of `rust/`, from the files there, for loom to run in all ways that
//! there are.
//!
//! `--list` prints the models with what each is of; with a name that one is run.

mod bindings;
mod check;
mod engine;
mod object;
mod page;
mod params;
mod platform;

mod models;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    for model in models::ALL {
        if name == "--list" {
            println!("{} {}", model.name, model.of);
        } else if name == model.name {
            kernel::model::check(model.bound, model.words, model.run);
            (model.after)();
            return;
        }
    }
    if name != "--list" {
        eprintln!("error: no such model: {name}");
        std::process::exit(2);
    }
}
