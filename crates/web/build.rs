//! A message file that is new, or gone, changes what the crate is made of; the compiler alone sees only changed ones.

fn main() {
    println!("cargo::rerun-if-changed=locales");
}
