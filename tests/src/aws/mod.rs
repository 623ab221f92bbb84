//! Our clients of AWS against a server that others wrote.

mod kms;
