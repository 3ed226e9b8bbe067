# The words after our own options, where the cursor is in or behind the first of them; fails where it is before.
function __@FUNCTION@_rest
    set -l words (commandline -opc) (commandline -ct)
    set -l last (count $words)
    set -l index 2
    while test $index -lt $last
        set -l word $words[$index]
        if test "$word" = --
            set index (math $index + 1)
            break
        else if not string match -q -- '-?*' $word
            break
        else if string match -q -- '--*' $word
            contains -- $word @TAKES@; and set index (math $index + 1)
            contains -- $word @TAKES_TWO@; and set index (math $index + 1)
        else
            # Letters in one word, until one of them has a value: the rest of the word, or the next. One that may
            # have none has it after =, or it is a path.
            set -l letters (string split '' -- (string sub -s 2 -- $word))
            while set -q letters[1]
                set -l letter -$letters[1]
                set -e letters[1]
                if contains -- $letter @TAKES@
                    set -q letters[1]; or set index (math $index + 1)
                    break
                end
                contains -- $letter @ATTACHED@; and contains -- "$letters[1]" = /; and break
            end
        end
        set index (math $index + 1)
    end
    # Behind the end is a value that is still to come.
    test $index -le $last; or return 1
    if test $index -eq $last; and string match -q -- '-*' $words[$last]; and test "$words[$(math $last - 1)]" != --
        return 1
    end
    printf '%s\n' $words[$index..]
end

# Whether the cursor is at an operand.
function __@FUNCTION@_operand
    __@FUNCTION@_rest >/dev/null
end

# Whether the cursor is where our own options can be.
function __@FUNCTION@_ours
    test @COMMAND@ -eq 0; or not __@FUNCTION@_rest >/dev/null
end

# Whether the word before the cursor is one of these options.
function __@FUNCTION@_follows
    contains -- (commandline -opc)[-1] $argv; and not __@FUNCTION@_operand
end

# What completes the command that we run.
function __@FUNCTION@_command
    set -l rest (__@FUNCTION@_rest)
    complete -C (string join ' ' -- (string escape -- $rest[1..-2]) $rest[-1])
end

# The value up to the cursor, as the program will get it; nothing where it is in the word of its letter.
function __@FUNCTION@_value
    set -l word (commandline -ct | string replace -r -- '^--[^=]*=' '' | string replace -r -- '^-[^-].*' '')
    set -l plain (string unescape -- $word; or printf '%s\n' $word)
    printf '%s\n' "$plain"
end

# The choices that the program itself knows, for the value $argv[2] where there is one.
function __@FUNCTION@_ask
    set -l program (commandline -opc)[1]
    set -q argv[2]; or set -a argv (__@FUNCTION@_value)
    $program --complete=$argv[1] "$argv[2]" 2>/dev/null
end

function __@FUNCTION@_ask_list
    set -l before (__@FUNCTION@_before_comma)
    set -l word (string replace -- "$before" '' (__@FUNCTION@_value))
    set -l used (__@FUNCTION@_used "$before")
    for answer in (__@FUNCTION@_ask $argv[1] "$word")
        contains -- (string upper -- (string split -f 1 \t -- $answer)) $used; or printf '%s\n' $before$answer
    end
end

# The words that a list has already, in capitals: $argv[1] is what stands before the last comma.
function __@FUNCTION@_used
    string trim -l -c + -- "$argv[1]" | string split , | string replace -r '=.*' '' | string upper
end

# For a list: its words that it does not have yet, which are $argv, each with its description.
function __@FUNCTION@_list
    set -l before (__@FUNCTION@_before_comma)
    set -l used (__@FUNCTION@_used "$before")
    while set -q argv[2]
        contains -- (string upper -- $argv[1]) $used; or printf '%s%s\t%s\n' "$before" $argv[1] $argv[2]
        set -e argv[1..2]
    end
end

# For a list of keys: those that it does not have yet, or that are among the words $argv[1], which may be repeated.
function __@FUNCTION@_keys
    set -l before (__@FUNCTION@_before_comma)
    set -l used (__@FUNCTION@_used "$before")
    set -l repeated (string split ' ' -- $argv[1])
    set -e argv[1]
    # The value of a key has nothing to choose from.
    string match -q '*=*' -- (string replace -- "$before" '' (__@FUNCTION@_value)); and return
    while set -q argv[2]
        if contains -- $argv[1] $repeated; or not contains -- (string upper -- $argv[1]) $used
            printf '%s%s=\t%s\n' "$before" $argv[1] $argv[2]
        end
        set -e argv[1..2]
    end
end

# The values of the key $argv[1] from the source $argv[2], where the cursor is at its value; fails elsewhere.
function __@FUNCTION@_value_of
    set -l before (__@FUNCTION@_before_comma)
    set -l word (string replace -- "$before" '' (__@FUNCTION@_value))
    set -l begun $argv[1]=
    string match -q -- "$begun*" $word; or return 1
    set -l value (string replace -- $begun '' $word)
    if string match -q -- '*/*' "$value"; and not string match -q -- 'host:*' $value
        printf '%s\n' $before$begun(__fish_complete_path $value)
    else
        printf '%s\n' $before$begun(__@FUNCTION@_ask $argv[2] "$value")
    end
    return 0
end

# For an expression: the words that its last word can be, which are $argv, each with its description. Inside quotes, and
# behind an operator, there is a value.
function __@FUNCTION@_expression
    set -l value (__@FUNCTION@_value | string replace -r '^[\'"]' '')
    set -l before (string match -r -- '.*[^a-zA-Z0-9%:_-]' "$value"; or echo)
    test (math (string length -- (string replace -ra '[^"]' '' -- "$before")) % 2) -eq 0; or return
    string match -qr '[=~<>]\s*$' -- "$before"; and return
    while set -q argv[2]
        printf '%s%s\t%s\n' "$before" $argv[1] $argv[2]
        set -e argv[1..2]
    end
end

function __@FUNCTION@_ask_or_file
    set -l word (__@FUNCTION@_value)
    if string match -q -- '*/*' $word; and not string match -q -- 'host:*' $word
        __fish_complete_path $word
    else
        __@FUNCTION@_ask $argv[1] "$word"
    end
end

# What stands before the last comma in a list, and that comma; where there is none a plus sign, or one empty word.
function __@FUNCTION@_before_comma
    set -l before (commandline -ct | string replace -r -- '^--[^=]*=' '' | string match -r -- '^(?:.*,|\+)')
    printf '%s\n' "$before"
end

function __@FUNCTION@_signals
    string split ' ' -- (kill -l | string join ' ')
end
