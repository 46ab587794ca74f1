//! How many files and connections the process may have open.

/// Raises the soft limit to the hard one, and says how many there are now. Systems set the soft limit low (mostly 1024)
/// for programs that cannot deal with high numbers.
pub fn raise() -> std::io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}
