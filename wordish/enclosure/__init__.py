"""What a sandbox lives in: this machine's files under a layer that is thrown away.

It is run by `wordish.targets.sandbox` as a program of its own, ``keeper``, which imports as little as
can be: no pathlib, no typing, nothing else of wordish. Two processes do the work:

- The *keeper*, in a user namespace of its own unless it is real root, lays the layer (a tmpfs) over
  the root directory.
- The *init*, process 1 of the sandbox, makes that its root directory, leaves the real one, enters one
  more user namespace, in which the mounts made so far can be neither undone nor made writable
  (mount_namespaces(7), "Restrictions on mount namespaces"), and starts the shells.

Both end with the socket on which the init is spoken to, and all in the sandbox ends with the init. The
words on that socket, one a packet, its parts parted by NUL:

    to the init    start   an account, and the words of a command; with a descriptor: run it as this
                           account's shell, with the descriptor as its `START_UP`
                   read    the name of a file in /proc
                   link    the name of a link there
    from the init  ready
                   error   why; before "ready" it is the end
                   started process id; with its terminal, the terminal's other side, the terminal of
                           its standard error, and the process, as descriptors
                   told    0, and what was asked for; or an error's number, and its name
                   ended   process id, wait status
"""

START_UP, ERROR = 8, 9
"""A shell's descriptors: of its start-up file, and of the terminal where its standard error belongs."""
