# The choices that the program itself knows.
__@FUNCTION@_ask() {
    local -a lines described
    local line word help
    lines=("${(@f)$(_call_program $1 ${words[1]} --complete=$1 2>/dev/null)}")
    for line in $lines; do
        word=${line%%$'\t'*} help=${line#*$'\t'}
        [[ $line == *$'\t'* ]] || help=
        described+=("${word//:/\\:}${help:+:$help}")
    done
    # In the order in which they come.
    _describe -t "$1" "$1" described -V "$1"
}

__@FUNCTION@_ask_or_file() {
    if [[ $PREFIX == */* ]]; then
        _files
    else
        __@FUNCTION@_ask "$1"
    fi
}
@LISTS@
_@FUNCTION@() {
    @ARGUMENTS@
}

_@FUNCTION@ "$@"
