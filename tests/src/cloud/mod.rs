//! What stands in for AWS where functions are processes: it has to be like the original.

mod gateway;
mod parameters;
mod policies;
