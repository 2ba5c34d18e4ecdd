# The agent in the guest: process 1, and one relay for each account's shell.
#
# A relay owns two pseudo-terminals, one for the shell's standard input and output, one for its
# standard error, and carries both over one virtio-serial port. It is written in Perl because
# perl-base is in every Debian: the machine that the article sees has nothing that the reader's
# has not. What it says and hears are frames: one letter, four bytes of length (big endian), bytes.
#
#   from the host   I  text to type; the terminal is first put back as it was at the start
#                   A  the same, but the terminal shows from then on what is typed
#                   C  bytes to type as they are (^C, ^\, ^Z)
#                   K  signal number: send it to the terminal's foreground process group
#                   Z  kill the shell and all that is left of what its account started
#                   S  seconds since 1970, a blank, 64 bytes of entropy: set the clock, reseed
#                   W  a word: ask how the shell stands
#                   P  ask for the program that waits for what a person types
#                   M  ask for the terminal's modes, a struct termios
#   to the host     O  standard output   E  standard error   R  ready, or S done   P, M  see above
#                   W  the word, the system call that the shell waits in, and on a second line the
#                      processes it started, each with whether it or one of its own is at work
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
    CLOCK_SETTIME => 227, SCHED_SETSCHEDULER => 144,    # x86_64
    ROUND_ROBIN => 2 | 0x40000000,    # SCHED_RR; what is started later is ordinary (SCHED_RESET_ON_FORK)
    TERMIOS_SIZE => 36, CHUNK => 65536, HELD => 1 << 20, ECHO => 8, OPOST => 1,
};
use constant READ => 0;    # system calls of x86_64
use constant SELECT => (23, 270);

my %home = (root => '/root', user => '/home/user');

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

# The control group of an account is that of all that its shell starts (see boot).
sub tell_group {
    my ($uid, $file, $value) = @_;
    open my $group, '>', "/sys/fs/cgroup/user.slice/user-$uid.slice/cgroup.$file" or return;
    syswrite $group, $value;
}

sub start_shell {
    my ($account, $out, $err) = @_;
    my (undef, undef, $uid, $gid) = getpwnam($account) or die "no account $account";
    chown $uid, 5, $_->[2] for $out, $err;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    POSIX::setsid();
    ioctl($out->[1], TIOCSCTTY, 0) or die "TIOCSCTTY: $!";
    POSIX::dup2(fileno $out->[1], $_) for 0, 1, 2;
    POSIX::dup2(fileno $err->[1], 9);
    $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD);
    tell_group($uid, 'procs', 0);
    if ($uid) { $( = $gid; $) = "$gid $gid"; $< = $uid; $> = $uid; }
    %ENV = (
        HOME => $home{$account}, USER => $account, LOGNAME => $account, SHELL => '/bin/bash',
        PATH => $uid ? '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games'
                     : '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        TERM => 'dumb', LANG => 'C.UTF-8', PAGER => 'cat', GIT_PAGER => 'cat', SYSTEMD_PAGER => 'cat',
    );
    chdir $ENV{HOME} or chdir '/';
    exec {'/bin/bash'} 'bash', '--noprofile', '--noediting', '--rcfile', '/run/wordish/bashrc', '-i';
    die "bash: $!";
}

sub content {
    open my $file, '<', $_[0] or return '';
    my $line = <$file> // '';
    chomp $line;
    return $line;
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
            : $call[0] eq READ ? hex $call[1]
            : (grep { $call[0] eq $_ } SELECT) && $call[1] eq '0x1' && $call[5] eq '0x0' ? 0
            : next;
        next unless (readlink("/proc/$pid/fd/$descriptor") // '') =~ m{^/dev/(?:pts/|tty)};
        my (undef, undef, $group, undef, $own, $foreground) = stat_of($pid);
        return content("/proc/$pid/comm") if $group == $foreground && $own == $terminal;
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

sub relay {
    my ($account, $port) = @_;
    my @out = terminal();
    my @err = terminal();
    my $shell = start_shell($account, \@out, \@err);
    # However much the article starts, and whatever memory it takes, we go on answering.
    my $priority = pack('i', 10);
    syscall(SCHED_SETSCHEDULER, 0, ROUND_ROBIN, $priority);
    if (open my $file, '>', '/proc/self/oom_score_adj') { print $file '-1000' }
    my ($ended, $heard, $typing) = (0, '', '');
    pipe(my $death, my $tell) or die "pipe: $!";
    local $SIG{CHLD} = sub { syswrite $tell, 'x' };

    my $say = sub {
        my $frame = pack('a N', $_[0], length $_[1]) . $_[1];
        while (length $frame) {
            my $n = syswrite $port, $frame;
            if (defined $n) { substr($frame, 0, $n, '') }
            elsif (!$!{EINTR} && !$!{EAGAIN}) { return }
        }
    };
    my $drain = sub {
        my ($letter, $master) = @_;
        my $left = HELD;    # more than the kernel holds for one terminal
        while ($left > 0 && sysread $master, my $bytes, CHUNK) {
            $say->($letter, $bytes);
            $left -= length $bytes;
        }
    };
    my $type = sub {
        my ($text, $modes) = @_;
        my $now = "\0" x TERMIOS_SIZE;
        ioctl($out[1], TCGETS, $now);
        ioctl($out[1], TCSETS, $modes) if $now ne $modes;
        $typing .= $text;
    };
    my ($iflag, $oflag, $cflag, $lflag, $rest) = unpack('I4 a*', $out[3]);
    my $echoing = pack('I4 a*', $iflag, $oflag, $cflag, $lflag | ECHO, $rest);
    my %on = (
        I => sub { $type->($_[0], $out[3]) },
        A => sub { $type->($_[0], $echoing) },
        M => sub {
            my $now = "\0" x TERMIOS_SIZE;
            $drain->('O', $out[0]);
            $drain->('E', $err[0]);
            ioctl($out[1], TCGETS, $now);
            $say->('M', $now);
        },
        C => sub { $typing = ''; syswrite $out[0], $_[0] },
        K => sub {
            my $group = pack('i', 0);
            ioctl($out[0], TIOCGPGRP, $group) or return;
            $group = unpack 'i', $group;
            kill $_[0], -$group if $group > 1;    # 0, our own group, stands for "none"
        },
        Z => sub {
            tell_group((getpwnam $account)[2], 'kill', 1);    # all at once, however fast they multiply
            for (map { substr $_, 6 } glob '/proc/[0-9]*') { kill 'KILL', $_ if in_session($shell, $_) }
        },
        S => sub { reseed($_[0]); $say->('R', '') },
        W => sub {
            my $call = '';
            # To be asked for it makes the kernel hand over what was typed (n_tty_poll).
            vec(my $unread = '', fileno $out[1], 1) = 1;
            if (!length $typing && !select($unread, undef, undef, 0) && open my $file, '<', "/proc/$shell/syscall") {
                chomp($call = <$file> // '');
            }
            my @at_work;
            for my $pid (children($shell), children(1)) {
                my ($state, $parent, undef, $session) = stat_of($pid) or next;    # it has just ended
                my $child = $parent == $shell;
                next unless $child || ($session == $shell && $pid != $shell);
                # The shell is about to hear of a child that has ended (Z).
                push @at_work, "$pid:" . ($child && $state eq 'Z' || busy($pid, $state) ? 1 : 0);
            }
            $drain->('O', $out[0]);    # what was printed before
            $drain->('E', $err[0]);
            $say->('W', "$_[0]$call\n@at_work");
        },
        P => sub {
            vec(my $unread = '', fileno $out[1], 1) = 1;
            $say->('P', length $typing || select($unread, undef, undef, 0) ? '' : reader($shell));
        },
    );

    $say->('R', '');
    while (1) {
        my ($read, $write) = ('', '');
        vec($read, fileno $_, 1) = 1 for $port, $out[0], $err[0], $death;
        vec($write, fileno $out[0], 1) = 1 if length $typing;
        next if select($read, $write, undef, undef) < 0;
        if (length $typing && vec($write, fileno $out[0], 1)) {
            my $n = syswrite $out[0], $typing, 2048;
            substr($typing, 0, $n, '') if $n;
        }
        if (vec($read, fileno $err[0], 1) && sysread $err[0], my $bytes, CHUNK) {
            $drain->('O', $out[0]);
            $say->('E', $bytes);
        }
        elsif (vec($read, fileno $out[0], 1) && sysread $out[0], my $more, CHUNK) { $say->('O', $more) }
        if (vec($read, fileno $death, 1)) {
            sysread $death, my $bytes, 16;
            if (!$ended && waitpid($shell, POSIX::WNOHANG()) == $shell) {
                $ended = 1;
                my $status = $?;
                $drain->('O', $out[0]);
                $drain->('E', $err[0]);
                $say->('X', $status);
            }
        }
        if (vec($read, fileno $port, 1)) {
            my $n = sysread $port, $heard, CHUNK, length $heard;
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

my %relay;
for my $account ('root', 'user') {
    my $pid = fork // die "fork: $!";
    if ($pid) { $relay{$pid} = 1; next }
    sysopen(my $port, "/dev/virtio-ports/wordish.$account", O_RDWR) or die "port of $account: $!";
    relay($account, $port);
}
# Process 1 reaps the orphans. Without a relay the machine is of no use: its end is the machine's.
while ((my $pid = wait) > 0) { last if $relay{$pid} }
