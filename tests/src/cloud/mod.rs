//! What stands in for AWS where functions are processes: it has to be like the original.

mod gateway;
mod moto;
mod parameters;
mod policies;
