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
    set -l answers (__@FUNCTION@_ask $argv[1] "$word")
    printf '%s\n' $before$answers
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
