# shellcheck shell=bash
# What samples/quickstart.sh and tests/run.sh share: Debian packages, and steps that say what they
# do and how far they are. To be sourced from the top folder of the tree:
#
#   . tests/setup.sh
#   setup_option "$1" || ...           takes --yes and --no-install
#   steps_total=4
#   setup_packages run|test            what to build the programs, or also the tests, or exits
#   step "building" build.log cmake --build --preset release
#
# A second run calls no apt-get: dpkg alone says within milliseconds that all is there.

setup_yes=no
setup_install=yes
steps_total=1
steps_done=0
log_folder=build/log

packages_run=(
    g++ cmake ninja-build pkg-config
    libboost1.81-dev libboost-json1.81-dev libfmt-dev libcli11-dev
    libzstd-dev libxxhash-dev libsqlite3-dev libssl-dev
)
packages_test=(qt6-base-dev)
packages_node=(nodejs npm ca-certificates)  # for the interop tests alone; any Node >= 18 does

if command -v ccache >/dev/null; then
    export CMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER-ccache}
    export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
fi

# Prints the options that setup_option() takes, for the help of a script.
setup_help() {
    cat <<'TEXT'
  --yes         install missing Debian packages without asking
  --no-install  install nothing: stop where a package is missing; on a system other than
                Debian 12, go on and let CMake find what it needs
TEXT
}

setup_option() {
    case $1 in
        --yes) setup_yes=yes ;;
        --no-install) setup_install=no ;;
        *) return 1 ;;
    esac
}

complain() { printf '%s\n' "$*" >&2; }

# Runs a command as one numbered step: its output goes to a log; a terminal sees ninja's and
# CTest's counts as they move. On failure: names the log, shows its end, returns the exit code.
step() {
    local what=$1 log=$log_folder/$2 started=$SECONDS code
    shift 2
    mkdir -p "$log_folder"
    steps_done=$((steps_done + 1))
    local head="[$steps_done/$steps_total] $what ..."
    printf '%s' "$head"
    # shellcheck disable=SC2015
    "$@" 2>&1 </dev/null | step_follow "$head" "$log" && code=${PIPESTATUS[0]} || code=${PIPESTATUS[0]}
    if [ "$code" -eq 0 ]; then
        printf ' done, %d s\n' $((SECONDS - started))
        return 0
    fi
    printf ' failed after %d s (exit code %d)\n' $((SECONDS - started)) "$code"
    complain "The last lines of $log:"
    tail -n "${step_tail:-30}" "$log" | sed 's/^/    /' >&2
    return "$code"
}

# Copies standard input to the log; keeps the newest count on the screen: `[3/9]` of ninja,
# ` 3/9 Test` of CTest, packages set up of those that apt-get announced.
step_follow() {
    local head=$1 log=$2 line far='' packages=0 ready=0
    while IFS= read -r line || [ -n "$line" ]; do
        printf '%s\n' "$line" >&3
        if [[ $line =~ ^\[([0-9]+/[0-9]+)\]\  || $line =~ ^\ *([0-9]+/[0-9]+)\ Test\  ]]; then
            far=${BASH_REMATCH[1]}
        elif [[ $line =~ \ ([0-9]+)\ newly\ installed ]]; then
            packages=${BASH_REMATCH[1]} ready=0
        elif [[ $packages -gt 0 && $line == 'Setting up '* ]]; then
            ready=$((ready + 1)) far=$ready/$packages
        else
            continue
        fi
        if [ -n "$far" ] && [ -t 1 ]; then printf '\r%s %s' "$head" "$far"; fi
    done 3>"$log"
    if [ -n "$far" ] && [ ! -t 1 ]; then printf ' %s' "$far"; fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"  # asks on the terminal itself, fails at once where there is none
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y --no-remove \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 --no-install-recommends "$@"
}

# Appends those of the given packages that are not installed to the array `missing`. (No process
# substitution in these scripts: it needs /dev/fd, which a chroot without /proc has not.)
add_missing() {
    local there package
    there=$'\n'$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)$'\n'
    for package in "$@"; do
        [[ $there == *$'\n'"installed $package"$'\n'* ]] || missing+=("$package")
    done
}

# What apt would remove to install the given packages; fails where apt does not know one of them.
packages_in_the_way() {
    local plan
    plan=$(LC_ALL=C apt-get -s -q --no-install-recommends install "$@" 2>&1) || {
        printf '%s\n' "$plan"
        return 1
    }
    awk '$1 == "Remv" { print $2 }' <<<"$plan"
}

# Runs inside a step: fetches package lists where apt does not know a package or cannot get it.
install_packages() {
    packages_in_the_way "$@" >/dev/null || apt_get update || return
    apt_get install "$@" || { apt_get update && apt_get install "$@"; }
}

# True where apt can install the packages without taking anything away; else says what to do.
packages_fit() {
    local removed
    removed=$(packages_in_the_way "$@") || return 0  # stale lists: --no-remove still guards
    [ -n "$removed" ] || return 0
    removed=${removed//$'\n'/ }
    complain "Nothing was installed: apt would have to remove $removed."
    if [[ $removed == *boost* ]]; then
        complain "Debian holds the headers of one Boost version at a time, and this project needs 1.81."
    fi
    complain "If nothing else on this machine needs what would go: apt-get remove $removed, then run this again."
    complain "Otherwise work in a container or chroot of Debian 12."
    return 1
}

# setup_packages <run|test>: brings in what is missing, asking once on a terminal. Exits with 1
# where that is refused or impossible. Uses one step.
setup_packages() {
    local ID=unknown VERSION_ID='' PRETTY_NAME=''
    # shellcheck disable=SC1091
    [ -r /etc/os-release ] && . /etc/os-release
    local debian=no missing=() nodes=()
    [ "$ID $VERSION_ID" = "debian 12" ] && debian=yes
    if [ $debian = no ]; then
        if [ $setup_install = yes ]; then
            complain "This is ${PRETTY_NAME:-an unknown system}; packages are installed by name on Debian 12 only."
            complain "With these or their like in place, use --no-install: ${packages_run[*]} ${packages_test[*]}"
            exit 1
        fi
        step "packages: left to CMake on ${PRETTY_NAME:-an unknown system}" packages.log true
        return
    fi
    add_missing "${packages_run[@]}"
    if [ "$1" = test ]; then
        add_missing "${packages_test[@]}"
        have_node || nodes=("${packages_node[@]}")
    fi
    if [ ${#missing[@]} -eq 0 ] && { [ ${#nodes[@]} -eq 0 ] || [ $setup_install = no ]; }; then
        step "packages: all there" packages.log true
        return
    fi
    local all=("${missing[@]}" "${nodes[@]}")
    echo "Missing Debian packages: ${all[*]}"
    if [ $setup_install = no ]; then
        complain "Install them, or run this without --no-install."
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        complain "Installing them needs root, and there is no sudo here: as root, apt-get install ${all[*]}"
        exit 1
    fi
    [ ${#missing[@]} -eq 0 ] || packages_fit "${missing[@]}" || exit 1
    if [ $setup_yes = no ] && [ -t 0 ] && [ -t 1 ]; then
        local answer
        read -r -p "Install them with apt-get? [Y/n] " answer
        case $answer in
            '' | y | Y | yes) ;;
            *) complain "Nothing was installed."; exit 1 ;;
        esac
    fi
    step "packages: installing ${#all[@]}" packages.log install_all ${#missing[@]} "${all[@]}" || exit 1
}

# install_all <n> <packages>: the first n are needed; without the others (Node) the interop tests
# are skipped, which setup_node() notices.
install_all() {
    local needed=$1
    shift
    if [ "$needed" -gt 0 ]; then install_packages "${@:1:needed}" || return; fi
    shift "$needed"
    [ $# -eq 0 ] || install_packages "$@" || true
}

have_node() { command -v node >/dev/null && command -v npm >/dev/null; }

# setup_node: the unmodified Croquet client and a WebSocket for it, and MCAP's reader and zstd for
# it, in build/node, for tests/interop. Fails with a sentence on standard output where that cannot
# be had.
setup_node() {
    local folder=build/node stamp
    local packages=(@croquet/croquet@2.0.4 ws@8.18.1 @mcap/core@2.2.2 fzstd@0.1.1)
    stamp="${packages[*]}"
    [ "$(cat $folder/installed 2>/dev/null)" = "$stamp" ] && return
    have_node || { echo "Node and npm are not installed"; return 1; }
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' ||
        { echo "Node 18 or newer is needed; this is $(node --version)"; return 1; }
    rm -rf $folder
    mkdir -p $folder
    echo '{"private": true, "type": "module"}' >$folder/package.json
    (cd $folder && timeout 240 npm install --ignore-scripts --no-save --no-package-lock \
        --no-audit --no-fund "${packages[@]}") ||
        { echo "npm could not install $stamp"; return 1; }
    echo "$stamp" >$folder/installed
}
