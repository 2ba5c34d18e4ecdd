# The agent where the article runs. In a guest it is process 1, with one relay for each account's shell.
# In a container, and at the other end of ssh, it is started with words of what it is to do: see the end.
#
# A relay owns two pseudo-terminals, one for the shell's standard input and output, one for its
# standard error, and carries both over one stream: a virtio-serial port, or its own standard input
# and output. It is written in Perl because perl-base is in every Debian: the machine that the article
# sees has nothing that the reader's has not. What it says and hears are frames: one letter, four bytes
# of length (big endian), bytes.
#
#   from the host   B  the text of the shell's start-up file: begin (not in a guest)
#                   I  text to type; the terminal is first put back as it was at the start
#                   A  the same, but the terminal shows from then on what is typed
#                   C  bytes to type as they are (^C, ^\, ^Z)
#                   F  the same, unless the shell itself is in the foreground
#                   K  signal number: send it to the terminal's foreground process group, if not the shell's
#                   Z  kill the shell and all that is left in its session; in the guest, of its account
#                   S  seconds since 1970, a blank, 64 bytes of entropy: set the clock, reseed
#                   W  a word: ask how the shell stands
#                   P  ask for the program that waits for what a person types
#                   M  ask for the terminal's modes, a struct termios
#   to the host     O  standard output   E  standard error   M  see above
#                   R  ready, or S done; what keeps the place says with it what it is, a line each
#                   W  the word, 1 if what was typed is not all read, else 0, the system call that the shell
#                      waits in, and on a second line the processes it started, each with whether it or
#                      one of its own is at work
#                   P  0 if it is the shell, 1 if it is one below it, its process and its name; nothing if
#                      there is none
#                   X  the shell ended: its wait status in decimal; everything it printed came before
#
# What was written to the output before something was written to the error arrives before it: the
# kernel hands over pending terminal input before a read says "nothing there" (n_tty_read), so the
# output is drained each time after the error has been read.
use strict;
use warnings;
use Fcntl;
use POSIX ();

use constant {
    TCGETS => 0x5401, TCSETS => 0x5402, TIOCSCTTY => 0x540E, TIOCGPGRP => 0x540F,
    TIOCSWINSZ => 0x5414, TIOCSPTLCK => 0x40045431, TIOCGPTN => 0x80045430,
    RNDADDENTROPY => 0x40085203, RNDRESEEDCRNG => 0x5207,    # asm-generic
    CLOCK_SETTIME => 227, SCHED_SETSCHEDULER => 144,    # x86_64, as every guest is
    ROUND_ROBIN => 2 | 0x40000000,    # SCHED_RR; what is started later is ordinary (SCHED_RESET_ON_FORK)
    TERMIOS_SIZE => 36, CHUNK => 65536, HELD => 1 << 20, ECHO => 8, OPOST => 1,
    LOOKS => 8, MOMENT => 0.0002,
};
# System calls by architecture (arch/*/entry/syscalls): read, those that wait for descriptors, prctl.
my %calls = (x86_64 => [0, [23, 270], 157], aarch64 => [63, [72], 167]);
my ($system, undef, $kernel, undef, $architecture) = POSIX::uname();
my ($reading, $selecting, $prctl) = @{$calls{$architecture} // []};

my %home = (root => '/root', user => '/home/user');
my $reaper = 1;    # who becomes the parent of orphans
my $group = '';    # in the guest, the control group of what the account's shell starts (see boot)

sub terminal {
    sysopen(my $master, '/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK) or die "ptmx: $!";
    my $unlocked = my $number = pack('I', 0);
    ioctl($master, TIOCSPTLCK, $unlocked) or die "unlock: $!";
    ioctl($master, TIOCGPTN, $number) or die "number: $!";
    my $path = '/dev/pts/' . unpack('I', $number);
    sysopen(my $slave, $path, O_RDWR | O_NOCTTY) or die "$path: $!";
    my $termios = "\0" x TERMIOS_SIZE;
    ioctl($slave, TCGETS, $termios) or die "TCGETS: $!";
    my ($iflag, $oflag, $cflag, $lflag, $rest) = unpack('I4 a*', $termios);
    $termios = pack('I4 a*', $iflag, $oflag & ~OPOST, $cflag, $lflag & ~ECHO, $rest);
    ioctl($slave, TCSETS, $termios) or die "TCSETS: $!";
    my $size = pack('S4', 24, 80, 0, 0);
    ioctl($slave, TIOCSWINSZ, $size) or die "TIOCSWINSZ: $!";
    return ($master, $slave, $path, $termios);
}

# The shell of a terminal for each of its streams. Before it starts, the new process calls $become, which
# gives the path of bash and of its start-up file.
sub start_shell {
    my ($out, $err, $become) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    POSIX::setsid();
    ioctl($out->[1], TIOCSCTTY, 0) or die "TIOCSCTTY: $!";
    my ($bash, $start_up) = $become->();
    POSIX::dup2(fileno $out->[1], $_) for 0, 1, 2;
    POSIX::dup2(fileno $err->[1], 9);
    $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD INT QUIT HUP TERM TSTP TTIN TTOU);
    exec {$bash} 'bash', '--noprofile', '--noediting', '--rcfile', $start_up, '-i';
    die "bash: $!";
}

my @environment = (
    SHELL => '/bin/bash', TERM => 'dumb', LANG => 'C.UTF-8',
    PAGER => 'cat', GIT_PAGER => 'cat', SYSTEMD_PAGER => 'cat',
);

# Write to a file of the account's control group, where there is one.
sub tell_group {
    my ($file, $value) = @_;
    return unless $group;
    open my $to, '>', "$group/cgroup.$file" or return;
    syswrite $to, $value;
}

# The shell of an account of the guest.
sub account_shell {
    my ($account, $out, $err) = @_;
    my (undef, undef, $uid, $gid) = getpwnam($account) or die "no account $account";
    chown $uid, 5, $_->[2] for $out, $err;
    $group = "/sys/fs/cgroup/user.slice/user-$uid.slice";
    return start_shell($out, $err, sub {
        tell_group('procs', 0);
        if ($uid) { $( = $gid; $) = "$gid $gid"; $< = $uid; $> = $uid; }
        %ENV = (
            HOME => $home{$account}, USER => $account, LOGNAME => $account, @environment,
            PATH => $uid ? '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games'
                         : '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        );
        chdir $ENV{HOME} or chdir '/';
        return '/bin/bash', '/run/wordish/bashrc';
    });
}

sub content {
    open my $file, '<', $_[0] or return '';
    my $line = <$file> // '';
    chomp $line;
    return $line;
}

sub opened {
    open my $file, '<', $_[0] or return undef;
    return $file;
}

# All that stands now in a file of /proc that was opened, which takes far less time than to open it again.
sub reread {
    my ($file) = @_;
    my $told = '';
    return '' unless $file && sysseek $file, 0, 0;
    1 while sysread $file, $told, CHUNK, length $told;
    chomp $told;
    return $told;
}

sub stat_of { return split ' ', content("/proc/$_[0]/stat") =~ s/.*\)//r }

sub children { return split ' ', content("/proc/$_[0]/task/$_[0]/children") }

sub in_session { return ((stat_of($_[1]))[3] // 0) == $_[0] }

# The first process, of this one and those below it, that does nothing but wait for its terminal's input.
sub reader {
    my @waiting = @_;
    my $terminal = (stat_of($_[0]))[4];
    while (defined(my $pid = pop @waiting)) {
        push @waiting, children($pid);
        my @call = split ' ', content("/proc/$pid/syscall");
        my $descriptor = !@call ? next
            : $call[0] eq $reading ? hex $call[1]
            : (grep { $call[0] eq $_ } @$selecting) && $call[1] eq '0x1' && $call[5] eq '0x0' ? 0
            : next;
        next unless (readlink("/proc/$pid/fd/$descriptor") // '') =~ m{^/dev/(?:pts/|tty)};
        my (undef, undef, $group, undef, $own, $foreground) = stat_of($pid);
        return ($pid == $_[0] ? 0 : 1) . " $pid " . content("/proc/$pid/comm")
            if $group == $foreground && $own == $terminal;
    }
    return '';
}

sub reseed {
    my ($seconds, $entropy) = split / /, $_[0], 2;
    syscall(CLOCK_SETTIME, 0, pack('qq', int $seconds, int(($seconds - int $seconds) * 1e9)));
    sysopen(my $random, '/dev/urandom', O_RDWR) or return;
    my $pool = pack('i i a*', 8 * length $entropy, length $entropy, $entropy);
    ioctl($random, RNDADDENTROPY, $pool);
    ioctl($random, RNDRESEEDCRNG, 0);
}

# Whether a process in this state, or one of those below it, is at work: runs, or waits for a disk.
sub busy {
    my ($pid, $state) = @_;
    return 1 if $state =~ /[RD]/;
    busy($_, (stat_of($_))[0] // '') && return 1 for children($pid);
    return 0;
}

sub say_frame {
    my ($port, $letter, $payload) = @_;
    my $frame = pack('a N', $letter, length $payload) . $payload;
    while (length $frame) {
        my $n = syswrite $port, $frame;
        if (defined $n) { substr($frame, 0, $n, '') }
        elsif (!$!{EINTR} && !$!{EAGAIN}) { return }
    }
}

# Carry a shell's terminals over a stream, from $in and to $port. $start is given the terminals, and gives
# the shell's process id. Where the stream's end is $over, it ends with that; a guest's can be opened again.
sub relay {
    my ($start, $in, $port, $over) = @_;
    my @out = terminal();
    my @err = terminal();
    my ($ended, $heard, $typing) = (0, '', '');
    pipe(my $death, my $tell) or die "pipe: $!";
    local $SIG{CHLD} = sub { syswrite $tell, 'x' };
    my $shell = $start->(\@out, \@err);
    my ($syscall, $started, $orphans) = map { opened("/proc/$_") }
        "$shell/syscall", "$shell/task/$shell/children", "$reaper/task/$reaper/children";
    my %strangers;    # among the orphans: nobody joins a session that is there already (setsid(2))

    my $say = sub { say_frame($port, @_) };
    my $drain_output = sub {
        my $left = HELD;    # more than the kernel holds for one terminal
        while ($left > 0 && sysread $out[0], my $bytes, CHUNK) {
            $say->('O', $bytes);
            $left -= length $bytes;
        }
    };
    # What was printed, the output before the error that was written after it.
    my $catch_up = sub {
        my ($left, $printed) = (HELD, '');
        while ($left > 0 && sysread $err[0], my $bytes, CHUNK) {
            $printed .= $bytes;
            $left -= length $bytes;
        }
        $drain_output->();
        $say->('E', $printed) if length $printed;
    };
    my $type = sub {
        my ($text, $modes) = @_;
        my $now = "\0" x TERMIOS_SIZE;
        ioctl($out[1], TCGETS, $now);
        ioctl($out[1], TCSETS, $modes) if $now ne $modes;
        $typing .= $text;
    };
    my $foreground = sub {    # its process group
        my $group = pack('i', 0);
        return ioctl($out[0], TIOCGPGRP, $group) ? unpack('i', $group) : 0;
    };
    my ($iflag, $oflag, $cflag, $lflag, $rest) = unpack('I4 a*', $out[3]);
    my $echoing = pack('I4 a*', $iflag, $oflag, $cflag, $lflag | ECHO, $rest);
    my %on = (
        I => sub { $type->($_[0], $out[3]) },
        A => sub { $type->($_[0], $echoing) },
        M => sub {
            my $now = "\0" x TERMIOS_SIZE;
            $catch_up->();
            ioctl($out[1], TCGETS, $now);
            $say->('M', $now);
        },
        C => sub { $typing = ''; syswrite $out[0], $_[0] },
        F => sub { $typing = ''; syswrite $out[0], $_[0] if $foreground->() != $shell },
        K => sub {
            my $group = $foreground->();
            kill $_[0], -$group if $group > 1 && $group != $shell;    # 0, our own group, stands for "none"
        },
        Z => sub {
            tell_group('kill', 1);    # all at once, however fast they multiply
            for (map { substr $_, 6 } glob '/proc/[0-9]*') { kill 'KILL', $_ if in_session($shell, $_) }
        },
        S => sub { reseed($_[0]); $say->('R', '') },
        W => sub {
            my ($unread, $call);
            for my $look (1 .. LOOKS) {
                # To be asked for it makes the kernel hand over what was typed (n_tty_poll).
                vec(my $input = '', fileno $out[1], 1) = 1;
                $unread = length $typing || select($input, undef, undef, 0) ? 1 : 0;
                $call = reread($syscall);
                last if $unread || $call ne 'running' || $look == LOOKS;
                select undef, undef, undef, MOMENT;    # it has prompted, perhaps, and is about to wait
            }
            my (@at_work, %stranger);
            my @children = split ' ', reread($started);
            my %own = map { $_ => 1 } @children;    # one may have got the number of a stranger that has ended
            for my $pid (@children, split ' ', reread($orphans)) {
                $stranger{$pid} = 1, next if $strangers{$pid} && !$own{$pid};
                my ($state, $parent, undef, $session) = stat_of($pid) or next;    # it has just ended
                my $child = $parent == $shell;
                $stranger{$pid} = 1, next unless $child || $session == $shell;
                next if $pid == $shell;
                # The shell is about to hear of a child that has ended (Z).
                push @at_work, "$pid:" . ($child && $state eq 'Z' || busy($pid, $state) ? 1 : 0);
            }
            %strangers = %stranger;
            $catch_up->();
            $say->('W', "$_[0]$unread $call\n@at_work");
        },
        P => sub {
            vec(my $unread = '', fileno $out[1], 1) = 1;
            $say->('P', length $typing || select($unread, undef, undef, 0) ? '' : reader($shell));
        },
    );

    $say->('R', '');
    while (1) {
        my ($read, $write) = ('', '');
        vec($read, fileno $_, 1) = 1 for $in, $out[0], $err[0], $death;
        vec($write, fileno $out[0], 1) = 1 if length $typing;
        next if select($read, $write, undef, undef) < 0;
        if (length $typing && vec($write, fileno $out[0], 1)) {
            my $n = syswrite $out[0], $typing, 2048;
            substr($typing, 0, $n, '') if $n;
        }
        if (vec($read, fileno $err[0], 1) && sysread $err[0], my $bytes, CHUNK) {
            $drain_output->();
            $say->('E', $bytes);
        }
        elsif (vec($read, fileno $out[0], 1) && sysread $out[0], my $more, CHUNK) { $say->('O', $more) }
        if (vec($read, fileno $death, 1)) {
            sysread $death, my $bytes, 16;
            while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) {
                next if $pid != $shell || $ended;    # an orphan
                $ended = 1;
                my $status = $?;
                $catch_up->();
                $say->('X', $status);
            }
        }
        if (vec($read, fileno $in, 1)) {
            my $n = sysread $in, $heard, CHUNK, length $heard;
            return if !$n && $over;
            if (!$n) { select undef, undef, undef, 0.02; next }    # nobody holds the other end
            while (length $heard >= 5) {
                my ($letter, $length) = unpack 'a N', $heard;
                last if length($heard) < 5 + $length;
                my $payload = substr $heard, 5, $length;
                substr $heard, 0, 5 + $length, '';
                $on{$letter}->($payload) if $on{$letter};
            }
        }
    }
}

# In a guest: process 1 and its relays.
sub guest {
    my %relay;
    for my $account ('root', 'user') {
        my $pid = fork // die "fork: $!";
        if ($pid) { $relay{$pid} = 1; next }
        sysopen(my $port, "/dev/virtio-ports/wordish.$account", O_RDWR) or die "port of $account: $!";
        relay(sub {
            my $shell = account_shell($account, @_);
            # However much the article starts, and whatever memory it takes, we go on answering.
            my $priority = pack('i', 10);
            syscall(SCHED_SETSCHEDULER, 0, ROUND_ROBIN, $priority);
            if (open my $file, '>', '/proc/self/oom_score_adj') { print $file '-1000' }
            return $shell;
        }, $port, $port, 0);
    }
    # Process 1 reaps the orphans. Without a relay the machine is of no use: its end is the machine's.
    while ((my $pid = wait) > 0) { last if $relay{$pid} }
}

# What follows is for a container and for ssh. Whoever started us reads what we say on standard error.

sub refuse { print STDERR "wordish: $_[0]\n"; exit 1 }

# Keep the place: say what it is (distribution, kernel, our user id), and wait for the end of our input.
# In a container we are process 1, and make the ordinary account. With $own, we make a folder for the
# homes of those who visit, and say where; afterwards it is removed with all that still uses it.
sub keep {
    my ($account, $own) = @_;
    $SIG{CHLD} = 'IGNORE';    # so that the kernel reaps the orphans
    add_account($account) if $account && !getpwnam $account;
    $own = own_directory() if $own;
    my $distribution = $system;
    for my $file ('/etc/os-release', '/usr/lib/os-release') {    # os-release(5)
        open my $release, '<', $file or next;
        /^PRETTY_NAME=(["']?)(.+)\1$/ and $distribution = $2 for <$release>;
        last;
    }
    say_frame(\*STDOUT, 'R', join "\n", $distribution, $kernel, $<, $own // '');
    while (1) {
        my $n = sysread STDIN, my $bytes, CHUNK;
        last if defined $n ? !$n : !$!{EINTR};
    }
    remove($own) if $own;
}

sub add_account {
    my ($account) = @_;
    my $id = 1000;
    $id++ while getpwuid($id) || getgrgid($id);
    my $home = "/home/$account";
    for (["passwd", "${account}:x:${id}:${id}::$home:/bin/bash"], ["group", "${account}:x:${id}:"],
         ["shadow", "${account}:*:19000:0:99999:7:::"]) {
        my ($name, $line) = @$_;
        next if $name eq 'shadow' && !-e '/etc/shadow';
        open my $file, '>>', "/etc/$name" or refuse("no account can be made: /etc/$name: $!");
        print $file "$line\n";
    }
    mkdir '/home';
    mkdir $home, 0755 and chown $id, $id, $home;
}

# Relay a shell of our own account: in its home directory, or, with $own, in one of its own there; then end
# all that was started here.
sub visit {
    my ($own) = @_;
    my ($bash) = grep { -f && -x } map { "$_/bash" } split(/:/, $ENV{PATH} // ''), '/bin', '/usr/bin';
    $bash or refuse('no bash');
    umask 022;
    my ($account, $home) = (getpwuid $<)[0, 7];
    $account //= $<;
    my %own = (HOME => $home // '/', USER => $account, LOGNAME => $account, @environment);
    if ($own) {
        for my $each ($own, "$own/home", "$own/tmp") {
            my $owner = (lstat $each)[4];    # of what an earlier shell has left
            defined $owner && -d _ && $owner == $< or mkdir $each, 0700 or refuse("$each cannot be made: $!");
        }
        %ENV = (PATH => $ENV{PATH} // '/usr/local/bin:/usr/bin:/bin');
        @own{'HOME', 'TMPDIR'} = ("$own/home", "$own/tmp");
    }
    $reaper = $$;
    syscall($prctl, 36, 1, 0, 0, 0);    # PR_SET_CHILD_SUBREAPER: nothing that is started here gets away
    eval {
        relay(sub {
            my ($out, $err) = @_;
            pipe(my $start_up, my $text) or die "pipe: $!";
            syswrite $text, first_frame();
            close $text;
            return start_shell($out, $err, sub {
                POSIX::dup2(fileno $start_up, 8);
                @ENV{keys %own} = values %own;
                chdir $ENV{HOME} or chdir '/';
                return $bash, '/dev/fd/8';
            });
        }, \*STDIN, \*STDOUT, 1);
    };
    my $why = $@;
    end_all();
    refuse($why) if $why;
}

sub first_frame {
    my ($frame, $size) = ('', 5);
    while (length $frame < $size) {
        sysread STDIN, $frame, $size - length $frame, length $frame or die "nothing to begin with\n";
        $size = 5 + unpack 'x N', $frame if length $frame == 5;
    }
    return substr $frame, 5;
}

sub own_directory {
    my $directory = ($ENV{TMPDIR} // '/tmp') . "/wordish-$<-";
    sysopen(my $random, '/dev/urandom', O_RDONLY) or refuse("/dev/urandom: $!");
    sysread $random, my $bytes, 8;
    $directory .= unpack 'H*', $bytes;
    mkdir $directory, 0700 or refuse("no temporary directory can be made: $directory: $!");
    return $directory;
}

# End all that was started here: who ends a parent is given its children.
sub end_all {
    $SIG{CHLD} = 'DEFAULT';
    no warnings 'exec';    # where there is no sudo
    for my $try (1 .. 500) {
        1 while waitpid(-1, POSIX::WNOHANG()) > 0;
        my @left = children($$) or return;
        kill 'KILL', @left;
        # Of another account, as what sudo has started.
        system 'sudo', '-n', 'kill', '-KILL', grep { -e "/proc/$_" } @left if $try % 25 == 0;
        select undef, undef, undef, 0.01;
    }
}

# Remove a folder of ours, and end those who are still there: whose relay was killed, or is ending them too.
# What is mounted below a directory, in the order in which it was (proc(5), mountinfo).
sub mounts {
    my ($directory) = @_;
    chdir $directory or return;
    my $below = readlink('/proc/self/cwd') . '/';
    chdir '/';
    open my $file, '<', '/proc/self/mountinfo' or return;
    my @points = map { (split ' ')[4] } <$file>;
    s/\\([0-7]{3})/chr oct $1/ge for @points;
    return grep { index($_, $below) == 0 } @points;
}

sub remove {
    my ($directory) = @_;
    my @away = ('rm', '-rf', '--one-file-system', '--', $directory);
    open STDERR, '>', '/dev/null';
    chdir '/';
    $SIG{CHLD} = 'DEFAULT';    # for system() to know how its programs end
    no warnings 'exec';
    for my $try (1 .. 20) {
        # What an article has mounted there is not ours to remove.
        for my $unmount (['umount', '--lazy'], ['sudo', '-n', 'umount', '--lazy']) {
            my @points = mounts($directory) or last;
            system @$unmount, reverse @points;
        }
        return if mounts($directory);
        my @left = grep { uses($_, $directory) } map { substr $_, 6 } glob '/proc/[0-9]*';
        kill 'KILL', @left;
        system @away;
        return unless @left || -e $directory;
        system 'chmod', '-R', 'u+rwx', '--', $directory;    # an article has closed them (chmod 000 d)
        system 'sudo', '-n', @away if $try % 5 == 0;    # root's
        select undef, undef, undef, 0.02;
    }
}

# Whether a process has the folder in its environment, or stands in it.
sub uses {
    my ($pid, $directory) = @_;
    local $/;
    open my $environment, '<', "/proc/$pid/environ" or return 0;
    return 1 if index(<$environment> // '', $directory) >= 0;
    return index(readlink("/proc/$pid/cwd") // '', $directory) == 0;
}

my ($what, @about) = @ARGV;
if (defined $what) {
    $prctl or refuse("it is a $architecture machine with $system, where this is not known to work");
    # An article's kill(1) may mean us too; our end is that of our input.
    $SIG{$_} = 'IGNORE' for qw(PIPE HUP INT QUIT TERM);
    -r '/proc/self/stat' or refuse('no /proc, where processes are looked at');
    $what eq 'keep' ? keep(@about) : visit(@about);
    exit;
}
guest();
