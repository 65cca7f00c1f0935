//! Memory for whole sounds.

/// Bytes from which on large pages are asked for.
#[cfg(target_os = "linux")]
const LARGE: usize = 4 << 20;

/// Room for so many samples. On Linux long ones get large pages where the system has some to give: the first touch of every
/// page of 4 kB would cost more than the arithmetic that fills it.
pub(crate) fn samples(count: usize) -> Vec<f32> {
    let room: Vec<f32> = Vec::with_capacity(count);
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 2 << 20;
        let bytes = count * size_of::<f32>();
        let start = (room.as_ptr() as usize).next_multiple_of(PAGE);
        let end = (room.as_ptr() as usize + bytes) / PAGE * PAGE;
        if bytes >= LARGE && start < end {
            // SAFETY: whole pages inside a block that is ours; the advice changes no content, and may be refused.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE) };
        }
    }
    room
}
