# How the option $1 takes its value, and from where: "next" is the next word, "attached" follows it in the same.
__@FUNCTION@_value() {
    case $1 in
        @VALUES@
    esac
}

# Puts the choices for the value $2 from the source $1 into COMPREPLY.
__@FUNCTION@_choices() {
    local source=$1 cur=$2 before= word help
    case $source in
        words:*) COMPREPLY=($(compgen -W "${source#*:}" -- "$cur")) ;;
        list:*)
            # Only what follows the last comma is completed.
            [[ $cur == *,* ]] && before=${cur%,*},
            COMPREPLY=($(compgen -P "$before" -W "${source#*:}" -- "${cur##*,}"))
            compopt -o nospace
            ;;
        ask:* | ask-or-file:*)
            while IFS=$'\t' read -r word help; do
                [[ $word == "$cur"* ]] || continue
                # A list that is only looked at has room for explanations.
                if [[ $COMP_TYPE == 63 && -n $help ]]; then
                    COMPREPLY+=("$word  ($help)")
                else
                    COMPREPLY+=("$word")
                fi
            done < <("$__@FUNCTION@_program" "--complete=${source#*:}" 2>/dev/null)
            # A single choice is put in the line.
            ((${#COMPREPLY[@]} == 1)) && COMPREPLY=("${COMPREPLY[0]%%  (*}")
            if [[ $source == ask-or-file:* && $cur == */* ]]; then
                compopt -o filenames
                COMPREPLY+=($(compgen -f -- "$cur"))
            fi
            compopt -o nosort
            ;;
        file)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            ;;
        directory)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            ;;
        user) COMPREPLY=($(compgen -u -- "$cur")) ;;
        group) COMPREPLY=($(compgen -g -- "$cur")) ;;
        signal)
            COMPREPLY=($(compgen -A signal -- "SIG${cur#SIG}"))
            [[ $cur == SIG* ]] || COMPREPLY=("${COMPREPLY[@]#SIG}")
            ;;
    esac
    # For readline a word ends at = and :, where it is left so: only what follows them is to be replaced.
    local whole=$3$cur breaks=${COMP_WORDBREAKS//[^=:]/}
    local ends=
    [[ -n $breaks && $whole == *[$breaks]* ]] && ends=${whole%"${whole##*[$breaks]}"}
    COMPREPLY=("${COMPREPLY[@]/#/$3}")
    COMPREPLY=("${COMPREPLY[@]#"$ends"}")
}

_@FUNCTION@() {
    local cur=${COMP_WORDS[COMP_CWORD]} cword=$COMP_CWORD __@FUNCTION@_program=$1
    local -a words=("${COMP_WORDS[@]}")
    # Words as the program will get them, where bash-completion is there to join what readline cut.
    if declare -F _comp_get_words >/dev/null; then
        _comp_get_words -n =: cur words cword
    elif declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n =: cur words cword
    fi
    COMPREPLY=()

    local operands='@OPERANDS@' index=1 word letters value pending= only_operands=
    while ((index < cword)); do
        word=${words[index]} pending=
        if [[ -n $only_operands || $word != -?* ]]; then
            [[ $operands == command ]] && break
        elif [[ $word == -- ]]; then
            only_operands=1
        elif [[ $word == --* ]]; then
            value=$(__@FUNCTION@_value "$word")
            [[ $value == next* ]] && pending=${value#* } && ((index++))
        else
            # Letters in one word, until one of them has a value: the rest of the word, or the next. One that may
            # have none has it after =, or it is a path.
            letters=${word#-}
            while [[ -n $letters ]]; do
                value=$(__@FUNCTION@_value "-${letters:0:1}")
                letters=${letters:1}
                if [[ $value == next* ]]; then
                    [[ -z $letters ]] && pending=${value#* } && ((index++))
                    break
                fi
                [[ $value == attached* && $letters == [=/]* ]] && break
            done
        fi
        ((index++))
    done

    if ((index > cword)); then
        __@FUNCTION@_choices "$pending" "$cur" ''
    elif [[ $operands == command && ( $index -lt $cword || -n $only_operands || $cur != -* ) ]]; then
        # The command begins at this word, of those that readline made.
        local raw=0 rest
        for word in "${words[@]:0:index}"; do
            rest=$word
            while [[ -n $rest ]] && ((raw < COMP_CWORD)); do
                rest=${rest#"${COMP_WORDS[raw]}"}
                ((raw++))
            done
        done
        if declare -F _comp_command_offset >/dev/null; then
            _comp_command_offset "$raw"
        elif declare -F _command_offset >/dev/null; then
            _command_offset "$raw"
        else
            compopt -o filenames
            COMPREPLY=($(compgen -c -f -- "$cur"))
        fi
    elif [[ -n $only_operands || $cur != -* ]]; then
        __@FUNCTION@_choices "$operands" "$cur" ''
    elif [[ $cur == --*=* ]]; then
        value=$(__@FUNCTION@_value "${cur%%=*}")
        __@FUNCTION@_choices "${value#* }" "${cur#*=}" "${cur%%=*}="
    else
        COMPREPLY=($(compgen -W '@OPTIONS@' -- "$cur"))
    fi
} && complete -F _@FUNCTION@ @NAME@
