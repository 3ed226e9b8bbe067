# Offers the words in `choices`, in their order, each with what it is behind a tab; $1 says what they are, and what follows
# goes to compadd.
__@FUNCTION@_offer() {
    local name=$1 choice
    shift
    local -a values abouts expl
    local -i width=0
    for choice in $choices; do
        values+=("${choice%%$'\t'*}")
        abouts+=("${${choice#"$values[-1]"}#$'\t'}")
        ((${#values[-1]} > width)) && width=${#values[-1]}
    done
    local -a shown one_a_line
    local -i index
    for ((index = 1; index <= ${#values}; index++)); do
        if [[ -n $abouts[index] ]]; then
            choice="${(mr:width:)values[index]}  -- $abouts[index]"
            shown+=("${choice[1,COLUMNS - 1]}")
            one_a_line=(-l)
        else
            shown+=("$values[index]")
        fi
    done
    _wanted -V "$name" expl "$name" compadd $one_a_line -d shown "$@" -a values
}

# The choices that the program itself knows.
__@FUNCTION@_ask() {
    local program=${(Q)words[1]}
    [[ $program == '~'* ]] && program=${~program}
    local -a choices=("${(@f)$(exec $program "--complete=$1" "${(Q)PREFIX}" 2>/dev/null)}")
    # Nothing is one empty line.
    choices=($choices)
    __@FUNCTION@_offer "${1%%:*}"
}

# The same in a list: what is completed follows the last comma.
__@FUNCTION@_ask_list() {
    compset -P '*,'
    __@FUNCTION@_ask "$1"
}

__@FUNCTION@_ask_or_file() {
    if [[ $PREFIX == */* && $PREFIX != host:* ]]; then
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
