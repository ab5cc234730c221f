import Glibc

/// Does `start` with no signal blocked: a process starts with the mask of the thread that started it, and those of the concurrency runtime block
/// nearly all. A worker of theirs could not end the processes of its pool.
func unmasked(_ start: () throws -> Void) rethrows {
    var none = sigset_t(), before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try start()
}
