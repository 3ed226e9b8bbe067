# How the option $1 takes its value, and from where: "next" is the next word, "next2" the next two, "attached" follows it
# in the same word.
__@FUNCTION@_value() {
    case $1 in
        @VALUES@
    esac
}

# The text $1 as a program gets it, into `value`; into `quote` the mark that is open at its end, and into `start` how much
# of the value readline leaves as it is: for it a word begins behind a quote, and behind the marks in COMP_WORDBREAKS.
__@FUNCTION@_unquote() {
    local text=$1 char
    value= quote= start=0
    while [[ -n $text ]]; do
        char=${text:0:1} text=${text:1}
        case $quote$char in
            \\ | \"\\)
                # Between double quotes a backslash is one, but for these.
                [[ -n $quote && '\"$`' != *"${text:0:1}"* ]] && value+=$char
                value+=${text:0:1} text=${text:1}
                ;;
            \' | \") quote=$char start=${#value} ;;
            "''" | '""') quote= start=${#value} ;;
            [=:@])
                value+=$char
                [[ $COMP_WORDBREAKS == *"$char"* ]] && start=${#value}
                ;;
            *) value+=$char ;;
        esac
    done
}

# The value $1 as the shell takes it where the mark `quote` is open, into REPLY.
__@FUNCTION@_quoted() {
    REPLY=$1
    case $quote in
        \') REPLY=${REPLY//\'/\'\\\'\'} ;;
        \")
            REPLY=${REPLY//\\/\\\\} REPLY=${REPLY//\"/\\\"}
            REPLY=${REPLY//\$/\\\$} REPLY=${REPLY//\`/\\\`}
            ;;
        *) printf -v REPLY %q "$REPLY" ;;
    esac
}

# Asks the program for the values of the source $1 that may begin with $2; into `lines`, with what they are behind a tab.
__@FUNCTION@_ask() {
    local line IFS=$'\n' -
    set -f
    for line in $(exec "${words[0]/#\~\//$HOME/}" "--complete=$1" "$2" 2>/dev/null); do
        [[ $line == "$2"* ]] && lines+=("$line")
    done
    choices=("${lines[@]%%$'\t'*}")
}

# Puts the choices from the source $1 into COMPREPLY, where the word up to the cursor is $2 and the value begins behind its
# first $3 characters.
__@FUNCTION@_choices() {
    local source=$1 value quote start word before= files= used key IFS=$' \t\n'
    local -a choices=() lines=()
    __@FUNCTION@_unquote "$2"
    local whole=$value cur=${value:$3}
    case $source in
        *list:* | keys:*)
            # What follows the last comma is completed, or the plus sign before the first.
            [[ $cur == *,* ]] && before=${cur%,*},
            [[ -z $before && $cur == +* ]] && before=+
            cur=${cur#"$before"}
            compopt -o nospace
            ;;
        expression:*)
            # A word follows what cannot be in one. Inside quotes, and behind an operator, there is a value.
            before=${cur%"${cur##*[!a-zA-Z0-9%:_-]}"}
            word=${before//[!\"]/} used=${before%"${before##*[![:space:]]}"}
            cur=${cur#"$before"}
            [[ ${#word} == *[13579] || $used == *[=~\<\>] ]] && source=free
            compopt -o nospace
            ;;
    esac
    # The words that the list has already, in capitals.
    used=,${before#+}
    used=${used^^}
    if [[ $source == keys:* && $cur == *=* ]]; then
        # The value of a key.
        key=${cur%%=*} cur=${cur#*=}
        for word in ${source#*:} free; do
            [[ $word == "$key"@* ]] && break
        done
        source=free
        [[ $word == *@* ]] && source=ask-or-file:${word#*@}
    fi
    case $source in
        words:*)
            for word in ${source#*:}; do
                [[ $word == "$cur"* ]] && choices+=("$word")
            done
            ;;
        list:* | keys:* | expression:*)
            for word in ${source#*:}; do
                key=${word%%[+@]*}
                [[ $source != expression:* && $word != *+* && $used == *,"${key^^}"[,=]* ]] && continue
                [[ $source == keys:* ]] && key+==
                [[ ${key,,} == "${cur,,}"* ]] && choices+=("$key")
            done
            ;;
        ask:*) __@FUNCTION@_ask "${source#*:}" "$cur" ;;
        ask-list:*)
            __@FUNCTION@_ask "${source#*:}" "$cur"
            local -a all=("${lines[@]}")
            choices=() lines=()
            for word in "${all[@]}"; do
                key=${word%%$'\t'*}
                [[ $used == *,"${key^^}",* ]] && continue
                choices+=("$key") lines+=("$word")
            done
            ;;
        ask-or-file:*)
            if [[ $cur == */* && $cur != host:* ]]; then
                files=-f
            else
                __@FUNCTION@_ask "${source#*:}" "$cur"
            fi
            ;;
        file) files=-f ;;
        directory) files=-d ;;
        user:* | group:*)
            mapfile -t choices < <(compgen -A "${source%%:*}" -- "$cur")
            word=${source#*:}
            [[ -n $word && $word == "$cur"* ]] && choices+=("$word")
            ;;
        signal)
            # The C library keeps two signals, which bash calls junk, for itself.
            mapfile -t choices < <(compgen -A signal -X '*JUNK*' -- "SIG${cur#SIG}")
            [[ $cur == SIG* ]] || choices=("${choices[@]#SIG}")
            ;;
    esac
    # What the line has before a choice, and is part of the same value.
    before=${whole:0:${#whole}-${#cur}}
    if [[ -n $files ]]; then
        # These are quoted by readline itself.
        compopt -o filenames
        mapfile -t choices < <(compgen $files -- "$cur")
    elif [[ $source == ask* ]]; then
        compopt -o nosort 2>/dev/null
    fi
    COMPREPLY=("${choices[@]/#/"$before"}")
    COMPREPLY=("${COMPREPLY[@]#"${whole:0:start}"}")
    [[ -n $files ]] && return
    # A list that is only looked at has room for what they are.
    [[ $COMP_TYPE == @(63|33) && ${#choices[@]} -gt 1 ]] || lines=()
    # Where there are many, it takes too long to look at each.
    local index special=$'*[!a-zA-Z0-9_./:=@%+,\n-]*' IFS=$'\n'
    if [[ ${COMPREPLY[*]} == $special ]]; then
        for index in "${!COMPREPLY[@]}"; do
            if [[ ${COMPREPLY[index]} == $special ]]; then
                __@FUNCTION@_quoted "${COMPREPLY[index]}"
                COMPREPLY[index]=$REPLY
            fi
            [[ -n ${lines[index]-} ]] && COMPREPLY[index]+="  (${lines[index]#*$'\t'})"
        done
    elif ((${#lines[@]})); then
        COMPREPLY=("${lines[@]/$'\t'/  (}")
        COMPREPLY=("${COMPREPLY[@]/#/"$before"}")
        COMPREPLY=("${COMPREPLY[@]#"${whole:0:start}"}")
        COMPREPLY=("${COMPREPLY[@]/%/)}")
    fi
}

# Completes the command whose name is the word `index`.
__@FUNCTION@_command() {
    # Where it begins among the words that readline made.
    local raw=${pieces[index]} function
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$raw"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$raw"
    elif ((index == cword)); then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -c -- "$cur"; [[ $cur == */* ]] && compgen -f -- "$cur")
    elif function=$(complete -p -- "${words[index]##*/}" 2>/dev/null) && [[ $function == *' -F '* ]]; then
        function=${function#* -F }
        local COMP_LINE=${COMP_LINE:offsets[index]} COMP_POINT=$((COMP_POINT - offsets[index]))
        local -a from=("${COMP_WORDS[@]:raw}")
        local -a COMP_WORDS=("${from[@]}")
        local COMP_CWORD=$((COMP_CWORD - raw))
        "${function%% *}" "${words[index]}" "$cur" "${words[cword - 1]}"
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}

_@FUNCTION@() {
    # The words as the program will get them, up to the cursor: readline cuts them at = : and @ too. With each, where it
    # begins among those of readline and in the line.
    local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} raw piece blank joined=
    local -a words=() pieces=() offsets=()
    for ((raw = 0; raw <= COMP_CWORD; raw++)); do
        piece=${COMP_WORDS[raw]} blank=${line%%[![:space:]]*}
        line=${line#"$blank"}
        ((raw == COMP_CWORD)) && piece=$line
        if ((raw)) && [[ -z $blank && ( $piece == [=:@]* || -n $joined ) ]]; then
            words[${#words[@]} - 1]+=$piece
        else
            pieces+=("$raw") offsets+=("$((COMP_POINT - ${#line}))") words+=("$piece")
        fi
        joined=
        [[ $piece == *[=:@] ]] && joined=1
        line=${line#"$piece"}
    done
    local cword=$((${#words[@]} - 1))
    local cur=${words[cword]}
    COMPREPLY=()

    local operands='@OPERANDS@' index=1 word letters value pending= only_operands=
    while ((index < cword)); do
        word=${words[index]} pending= value=
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
        [[ $value == next2* && -n $pending ]] && ((index++))
        ((index++))
    done

    if ((index > cword)); then
        __@FUNCTION@_choices "$pending" "$cur" 0
    elif [[ $operands == command && ( $index -lt $cword || -n $only_operands || $cur != -* ) ]]; then
        __@FUNCTION@_command
    elif [[ -n $only_operands || $cur != -* ]]; then
        __@FUNCTION@_choices "$operands" "$cur" 0
    elif [[ $cur == --*=* ]]; then
        word=${cur%%=*}=
        value=$(__@FUNCTION@_value "${word%=}")
        __@FUNCTION@_choices "${value#* }" "$cur" "${#word}"
    elif [[ $cur == -[!-]?* ]]; then
        # A value in the word of its letter.
        letters=${cur#-} value=
        while [[ -n $letters && $value != next* && ( $value != attached* || $letters != =* ) ]]; do
            value=$(__@FUNCTION@_value "-${letters:0:1}")
            letters=${letters:1}
        done
        [[ $value == attached* && $letters != =* ]] && return
        letters=${letters#=}
        [[ -n $value ]] && __@FUNCTION@_choices "${value#* }" "$cur" "$((${#cur} - ${#letters}))"
    else
        mapfile -t COMPREPLY < <(compgen -W '@OPTIONS@' -- "$cur")
    fi
} && complete -F _@FUNCTION@ @NAME@
