//! What is drawn by chance, and what is estimated from draws, has the law that is known of it.
//!
//! Every judgement is a score that is standard normal if the program is right, and fails beyond [`law::RARE`]: another seed passes with a
//! probability of one minus a millionth. There are some sixty of them. `SEED=7` asks with other seeds.
#![cfg(not(target_arch = "wasm32"))]

mod draws;
mod estimates;
mod law;
mod paths;
