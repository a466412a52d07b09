# fish completion for np2nft: commands, options and their values come from its own --help.

function __np2nft_commands
	np2nft --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\)  *\(.*\)/\1\t\2/p'
end

# The command on the line, if it is there.
function __np2nft_command
	set -l commands (np2nft --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
	for word in (commandline -opc)[2..-1]
		if contains -- $word $commands
			echo $word
			return
		end
	end
	return 1
end

function __np2nft_options
	np2nft (__np2nft_command) --help |
		sed -n 's/^  \(-., \|    \)\(--[a-z-]*\)\(\[=[A-Z]*\]\| [A-Z]*\)\? *\(.*\)/\2\t\4/p'
end

# What an option takes: its values, or "files", or nothing that is known here.
function __np2nft_values
	switch (commandline -opc)[-1]
		case --format
			np2nft (__np2nft_command) --help | sed -n 's/^ *--format FORMAT *//p' | string split ', '
		case --deny
			printf '%s\n' drop reject
		case --fail-on
			np2nft (__np2nft_command) --help | sed -n 's/^ *--fail-on WHAT .* status 1: //p' |
				string split ', '
		case --from --to --port --pod --namespace -n --node --table --wait --ignore --listen --silence --verify-every
		case --output -o
			__fish_complete_path (commandline -ct)
		case '*'
			__fish_complete_path (commandline -ct)
			__np2nft_options
	end
end

complete -c np2nft -f
complete -c np2nft -n 'not __np2nft_command' -a '(__np2nft_commands)'
complete -c np2nft -n 'not __np2nft_command' -l help -d 'the commands'
complete -c np2nft -n 'not __np2nft_command' -l version -d 'the version'
complete -c np2nft -n __np2nft_command -a '(__np2nft_values)'
