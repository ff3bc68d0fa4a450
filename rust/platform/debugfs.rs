// SPDX-License-Identifier: GPL-2.0

//! Text files in debugfs that keep the module loaded while they are open.
//!
//! The files of [`kernel::debugfs`] don't: their operations are in the memory of the module that
//! makes them and name no owner, so a file that is closed after the module was unloaded would
//! follow pointers in memory that was freed. Here the operations name the module as C's do.
//!
//! C header: [`include/linux/debugfs.h`](srctree/include/linux/debugfs.h)

use core::{
    marker::PhantomData,
    ptr, //
};

use kernel::{
    bindings::{
        dentry,
        file,
        file_operations,
        inode,
        loff_t,
        seq_file,
        seq_lseek,
        seq_read,
        single_open,
        single_release, //
    },
    error::from_result,
    ffi::{
        c_char,
        c_int,
        c_void, //
    },
    fmt,
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    uaccess::{
        UserPtr,
        UserSlice,
        UserSliceReader, //
    },
    ModuleMetadata, //
};

use crate::{
    bindings,
    platform::linux::this_module, //
};

/// What a file is called and does, for root alone.
pub(crate) struct File<T> {
    name: &'static CStr,
    mode: u16,
    show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
    write: fn(&T, &mut UserSliceReader) -> Result,
}

impl<T> File<T> {
    /// A file that can be read.
    pub(crate) const fn read_only(
        name: &'static CStr,
        show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> Self {
        Self {
            name,
            mode: 0o400,
            show,
            // Root can open it for writing all the same.
            write: |_, _| Err(EINVAL),
        }
    }

    /// A file that can be written as well.
    pub(crate) const fn read_write(
        name: &'static CStr,
        show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
        write: fn(&T, &mut UserSliceReader) -> Result,
    ) -> Self {
        Self {
            name,
            mode: 0o600,
            show,
            write,
        }
    }
}

/// What the inode of a file points to.
struct Node<T: 'static> {
    file: &'static File<T>,
    data: T,
}

impl<T> fmt::Display for Node<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.file.show)(&self.data, f)
    }
}

/// A directory at the top of debugfs, with its files.
///
/// They are gone, and none of their functions runs any more, when this is dropped. Without debugfs
/// there are none.
///
/// # Invariants
///
/// `dentry` is what `debugfs_create_dir()` has returned. Each file in it has [`Operations`] for `T`
/// and points to an element of `nodes`, whose elements neither change nor move.
pub(crate) struct Dir<T: Send + Sync + 'static> {
    dentry: *mut dentry,
    nodes: KVec<Node<T>>,
}

// SAFETY: The pointer is only passed to debugfs, which any thread may call. The rest can be sent.
unsafe impl<T: Send + Sync> Send for Dir<T> {}
// SAFETY: Nothing can be done with a shared reference.
unsafe impl<T: Send + Sync> Sync for Dir<T> {}

impl<T: Copy + Send + Sync> Dir<T> {
    /// Makes the directory and the files, each with a copy of `data`. They keep `M` loaded, the
    /// module that this code is part of.
    ///
    /// A module whose initialisation fails is freed even if a file of its is open. So this comes
    /// last there: it makes no file if it fails.
    ///
    /// # Context
    ///
    /// Process context, sleeps.
    pub(crate) fn new<M: ModuleMetadata>(
        name: &CStr,
        files: &'static [File<T>],
        data: T,
    ) -> Result<Self> {
        let mut nodes = KVec::with_capacity(files.len(), GFP_KERNEL)?;
        for file in files {
            nodes.push(Node { file, data }, GFP_KERNEL)?;
        }
        // SAFETY: The name is NUL-terminated.
        let dentry =
            unsafe { bindings::rcu_headless_helper_debugfs_create_dir(name.as_char_ptr()) };
        // INVARIANT: There is no file in it yet.
        let this = Self { dentry, nodes };
        for node in &this.nodes {
            // SAFETY: The name is NUL-terminated, `dentry` came from debugfs and the operations are
            // static. INVARIANT: They are those for `T`, and the file points to one of `nodes`.
            unsafe {
                bindings::rcu_headless_helper_debugfs_create_file(
                    node.file.name.as_char_ptr(),
                    node.file.mode,
                    dentry,
                    ptr::from_ref(node).cast_mut().cast(),
                    &Operations::<M, T>::TABLE,
                )
            };
        }
        Ok(this)
    }
}

impl<T: Send + Sync> Drop for Dir<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants it came from debugfs, and it isn't used again. The files
        // go with it, and their functions are waited for.
        unsafe { bindings::rcu_headless_helper_debugfs_remove(self.dentry) };
    }
}

/// What can be done to a file of a [`Dir<T>`] of the module `M`.
struct Operations<M, T>(PhantomData<(M, T)>);

impl<M: ModuleMetadata, T: Sync + 'static> Operations<M, T> {
    const TABLE: file_operations = file_operations {
        owner: this_module::<M>().as_ptr(),
        open: Some(open::<T>),
        read: Some(seq_read),
        write: Some(write::<T>),
        llseek: Some(seq_lseek),
        release: Some(single_release),
        ..pin_init::zeroed()
    };
}

/// Opens a file for [`show()`].
///
/// # Safety
///
/// `inode` must be a file's of a [`Dir<T>`], and `file` about to be opened.
unsafe extern "C" fn open<T: Sync + 'static>(inode: *mut inode, file: *mut file) -> c_int {
    // SAFETY: The inode points to a node (contract), and `show()` gets what it asks for.
    unsafe { single_open(file, Some(show::<T>), (*inode).i_private) }
}

/// Prints a file's text.
///
/// # Safety
///
/// `seq` must belong to a file that [`open()`] has opened, and to nobody else meanwhile. The file's
/// [`Dir<T>`] must live.
unsafe extern "C" fn show<T: Sync + 'static>(seq: *mut seq_file, _: *mut c_void) -> c_int {
    // SAFETY: It is valid and this function's (contract), and `open()` has put a node there, which
    // lives as long as the directory and doesn't change.
    let (seq, node) = unsafe { (SeqFile::from_raw(seq), &*(*seq).private.cast::<Node<T>>()) };
    seq_print!(seq, "{}", node);
    0
}

/// Has a file take what is written to it, all or nothing.
///
/// # Safety
///
/// `file` must be one that [`open()`] has opened. The file's [`Dir<T>`] must live.
unsafe extern "C" fn write<T: Sync + 'static>(
    file: *mut file,
    buffer: *const c_char,
    count: usize,
    _: *mut loff_t,
) -> isize {
    // SAFETY: `single_open()` has put a `seq_file` there, and `open()` has had it put a node there,
    // which lives as long as the directory and doesn't change.
    let node = unsafe {
        let seq = (*file).private_data.cast::<seq_file>();
        &*(*seq).private.cast::<Node<T>>()
    };
    let buffer = UserPtr::from_ptr(buffer.cast_mut().cast());
    let mut reader = UserSlice::new(buffer, count).reader();
    // The kernel doesn't write more than `MAX_RW_COUNT` at once.
    from_result(|| (node.file.write)(&node.data, &mut reader).map(|()| count as isize))
}
