# Offers the words in `choices`, in their order, each with what it is behind a tab; $1 says what they are, and what follows
# goes to compadd.
__@FUNCTION@_offer() {
    local name=$1 choice
    shift
    local -a values=("${(@)choices%%$'\t'*}") abouts=("${(@)choices#*$'\t'}") shown one_a_line expl
    local -i index width=${#${(O@)values//?/.}[1]} most=$((COLUMNS - 1))
    if [[ -n $abouts[1] && $abouts[1] != "$values[1]" ]]; then
        for ((index = 1; index <= ${#values}; index++)); do
            choice=$values[index]
            [[ -n $abouts[index] ]] && choice="${(mr:width:)choice}  -- $abouts[index]"
            shown+=("${choice[1,most]}")
        done
        one_a_line=(-l)
    else
        shown=("$values[@]")
    fi
    _wanted -V "$name" expl "$name" compadd $one_a_line -d shown "$@" -a values
}

# The choices that the program itself knows.
__@FUNCTION@_ask() {
    local program=${(Q)words[1]}
    [[ $program == '~'* ]] && program=${~program}
    local -a choices=("${(@f)$(exec $program "--complete=$1" "${(Q)PREFIX}" 2>/dev/null)}")
    # Nothing is one empty line.
    choices=($choices)
    if [[ -n $listed ]]; then
        local PREFIX=$listed
        __@FUNCTION@_unused
        PREFIX=${PREFIX##*,}
    fi
    __@FUNCTION@_offer "${1%%:*}"
}

# The same in a list: what is completed follows the last comma.
__@FUNCTION@_ask_list() {
    local listed=$PREFIX
    compset -P '*,'
    __@FUNCTION@_ask "$1"
}

# Leaves those words out of `choices` that the list in PREFIX has already, but for the words $@, which may be repeated.
__@FUNCTION@_unused() {
    local -a used=("${(@s:,:)${${(UQ)PREFIX}#+}}") left
    local choice word
    # The last is the one that is completed.
    used=("${(@)used[1,-2]%%=*}")
    for choice in "$choices[@]"; do
        word=${choice%%$'\t'*}
        (( $@[(Ie)$word] || ! $used[(Ie)${(U)word}] )) && left+=("$choice")
    done
    choices=("$left[@]")
}

__@FUNCTION@_ask_or_file() {
    if [[ $PREFIX == */* && $PREFIX != host:* ]]; then
        _files
    else
        __@FUNCTION@_ask "$1"
    fi
}

# Spells out in `spelled` the names of options that are cut short and have a value behind them: _arguments knows whole
# names only. Fails where the cursor is behind the options.
__@FUNCTION@_spell_out() {
    local -A whole=(
        @WHOLES@
    )
    local -i index
    for ((index = 2; index < CURRENT; index++)); do
        case $words[index] in
            --) return 1 ;;
            -*) spelled[index]=${whole[$words[index]]:-$words[index]} ;;
            # What is neither an option nor a value is the command, or an operand.
            *) [[ $spelled[index-1] == (@TAKES@) ]] || @OPERAND@ ;;
        esac
    done
}
@LISTS@
_@FUNCTION@() {
    local -a spelled=("$words[@]")
    __@FUNCTION@_spell_out@LETTERED@
    words=("$spelled[@]")
    @ARGUMENTS@
}

_@FUNCTION@ "$@"
