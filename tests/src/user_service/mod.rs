//! The User Service dialect, route by route.
