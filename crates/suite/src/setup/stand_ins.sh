#!/bin/sh
# Stands for sudo, the package managers, rustup, cargo, rustc, id and sleep, by the name it is called by,
# when the suite tries scripts/setup. The variables TRY_... say how each behaves.
here=$(dirname "$0")
name=$(basename "$0")
channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)

note() {
    echo "$name $*" >>"$here/../calls"
}

# Puts a program there that is installed.
put() {
    ln -sf stand_ins.sh "$here/$1"
}

# As sudo does: on the terminal, wherever stdin comes from; three times.
ask() {
    for _ in 1 2 3; do
        printf '[sudo] password: ' >/dev/tty
        stty -echo </dev/tty
        read -r password </dev/tty
        stty echo </dev/tty
        echo >/dev/tty
        if [ "$password" = right ]; then
            return 0
        fi
        echo 'Sorry, try again.' >/dev/tty
    done
    echo 'sudo: 3 incorrect password attempts' >&2
    return 1
}

# What installs has failed as $1 says, in the words of the real ones, or installs.
install() {
    times=$(grep -c "^$name install\|^$name toolchain\|^$name -S" "$here/../calls")
    say=''
    case $1 in
        network) say="Failed to fetch http://x: Temporary failure resolving 'x'" ;;
        flaky) [ "$times" = 3 ] || say='curl: (6) Could not resolve host: x' ;;
        unknown) say='Unable to locate package qemu-system-arm' ;;
        full) say='Failed to fetch x: write (28: No space left on device)' ;;
    esac
    if [ -n "$say" ]; then
        echo "E: $say" >&2
        exit 100
    fi
}

case $name in
    id) echo "${TRY_USER:-1000}" ;;
    sleep) note "$@" ;;
    sudo)
        note "$@"
        if [ "$1" = -n ]; then
            shift
            [ "${TRY_SUDO:-}" = free ] || { echo 'sudo: a password is required' >&2; exit 1; }
        elif [ "${TRY_SUDO:-}" != free ]; then
            ask || exit 1
        fi
        if [ "${TRY_SUDO:-}" = stranger ]; then
            echo 'ann is not in the sudoers file.' >&2
            exit 1
        fi
        TRY_USER=0 exec "$@"
        ;;
    apt-get | dnf | pacman | brew)
        case $*:$name in
            *update*) exit 0 ;; # the lists of apt-get
            *-C*info*) [ -n "${TRY_RUSTUP:-}" ]; exit ;;
            *-Si*) [ -n "${TRY_RUSTUP:-}" ]; exit ;;
        esac
        # apt-get has its options before its verb.
        while [ "${1#-}" != "$1" ] && [ "$name" = apt-get ]; do
            [ "$1" = -o ] && shift
            shift
        done
        note "$@"
        if [ "$name" != brew ] && [ "$(id)" != 0 ]; then
            echo 'E: are you root?' >&2
            exit 100
        fi
        install "${TRY_PACKAGES:-}"
        put qemu-system-aarch64
        put cc
        ;;
    apt-cache)
        echo "$2:"
        if [ -n "${TRY_RUSTUP:-}" ]; then
            echo '  Candidate: 1.27.1-3'
        else
            echo '  Candidate: (none)'
        fi
        ;;
    rustup)
        note "$@"
        install "${TRY_TOOLCHAIN:-}"
        : >"$here/toolchain-$3"
        ;;
    # A toolchain is there once rustup was called for it; the pinned one also if nothing else is said.
    rustc)
        if [ "${TRY_RUST:-}" = missing ] && [ ! -e "$here/toolchain-$channel" ]; then
            exit 1
        fi
        echo "$here"
        ;;
    cargo)
        case ${1:-} in
            --version) [ "${TRY_RUST:-}" != missing ] || exit 1 ;;
            +*) [ -e "$here/toolchain-${1#+}" ] || exit 1 ;;
        esac
        ;;
    qemu-system-aarch64) echo 'QEMU emulator version 9.2.0' ;;
esac
