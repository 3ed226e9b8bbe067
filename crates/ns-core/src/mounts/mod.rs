//! The mounts of a mount namespace, as `/proc/PID/mountinfo` shows them (`proc_pid_mountinfo(5)`).
