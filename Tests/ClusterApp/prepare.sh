# Sourced by the scripts of Tests: what they need from the system and from PyPI.

# need PACKAGE… installs those Debian packages that are missing; without root it names them and fails.
need() {
    local missing=() package
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "missing: ${missing[*]} (as root: apt-get install -y ${missing[*]})" >&2
        return 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    { apt-get install -y -q "${missing[@]}" || { apt-get update -q && apt-get install -y -q "${missing[@]}"; }; } </dev/null >&2
}

# venv [VERSION] prints the path of a Python that has that Celery, its schedulers, Flower and pytest; makes it on first use.
# CELERIAC_VENV names a virtual environment to use as it is.
venv() {
    if [ -n "${CELERIAC_VENV:-}" ]; then
        echo "$CELERIAC_VENV/bin/python"
        return
    fi
    local version=${1:-5.7.0} home pin minor packages
    home=${XDG_CACHE_HOME:-$HOME/.cache}/celeriac/venv-$version
    case $version in *.*.*) pin="==$version" ;; *) pin="==$version.*" ;; esac
    minor=$(echo "$version" | cut -d. -f1,2)
    # An older Celery admits any newer kombu, and that one wants another redis-py than this Celery does.
    packages=("celery[redis,sqlalchemy]$pin" "kombu==$minor.*" celery-redbeat django-celery-beat sqlalchemy-celery-beat flower msgpack PyYAML pyte pytest)
    mkdir -p "$(dirname "$home")"
    (
        flock 9 # two suites may want it at the same time
        if [ "$(cat "$home/.complete" 2>/dev/null)" != "${packages[*]}" ]; then
            echo "making $home (once)" >&2
            rm -rf "$home"
            python3 -m venv "$home" >&2
            "$home/bin/pip" install -q --disable-pip-version-check "${packages[@]}" >&2
            echo "${packages[*]}" >"$home/.complete"
        fi
    ) 9>"$home.lock" || return 1
    echo "$home/bin/python"
}
