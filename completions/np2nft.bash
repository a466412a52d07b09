# bash completion for np2nft: commands, options and their values come from its own --help.

# The options of a command, a line each, from its help.
_np2nft_options() {
	np2nft "$@" --help 2>/dev/null | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p'
}

_np2nft_commands() {
	np2nft --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_np2nft_formats() {
	np2nft "$@" --help 2>/dev/null | sed -n 's/^ *--format FORMAT *//p' | tr ',' ' '
}

_np2nft_failures() {
	np2nft "$@" --help 2>/dev/null | sed -n 's/^ *--fail-on WHAT .* status 1: //p' | tr ',' ' '
}

_np2nft() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command="" commands one
	commands=$(_np2nft_commands)
	for one in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ -z $command && " ${commands//$'\n'/ } " == *" $one "* ]] && command=$one
	done
	# Bash cuts --option=value into three words.
	[[ $word == = ]] && word=""
	[[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}
	COMPREPLY=()
	case $before in
	--format) one=$(_np2nft_formats $command) ;;
	--deny) one="drop reject" ;;
	--fail-on) one=$(_np2nft_failures $command) ;;
	--from | --to | --port | --pod | --namespace | -n | --node | --table | --wait | --ignore | --listen | --silence | --verify-every) return ;;
	--output | -o | --kubeconfig) compopt -o default; return ;;
	*)
		if [[ $word == -* ]]; then
			one="$(_np2nft_options $command)"
			[[ $command ]] || one="--help --version"
		elif [[ ! $command ]]; then
			one=$commands
		else
			compopt -o default
			return
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$one" -- "$word")
}

complete -F _np2nft np2nft
