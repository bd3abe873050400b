# fish completion for vouchsafe; the candidates come from the program's own table.
function __vouchsafe_candidates
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete $words[2..-1] 2>/dev/null | string match -v ':file'
end
function __vouchsafe_wants_file
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete $words[2..-1] 2>/dev/null | string match -q ':file'
end
complete -c vouchsafe -f -a '(__vouchsafe_candidates)'
complete -c vouchsafe -F -n __vouchsafe_wants_file
