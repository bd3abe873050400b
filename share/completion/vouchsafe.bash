# bash completion for vouchsafe; the candidates come from the program's own table.
_vouchsafe()
{
    local candidate description
    COMPREPLY=()
    while IFS=$'\t' read -r candidate description; do
        if [ "$candidate" = :file ]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r candidate; do
                COMPREPLY+=("$candidate")
            done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
        else
            printf -v candidate %q "$candidate" # a name may hold blanks
            COMPREPLY+=("$candidate")
        fi
    done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _vouchsafe vouchsafe
