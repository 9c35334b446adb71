using System.CommandLine;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol completion</c>: scripts that ask netpol itself, by its <c>[suggest]</c> directive, how a command line can go on.</summary>
internal static class CompletionCommand
{
    private const string Examples = """
        source <(netpol completion bash)
        netpol completion zsh > "${fpath[1]}/_netpol"
        netpol completion fish > ~/.config/fish/completions/netpol.fish
        """;

    private const string Bash = """
        # netpol completion for bash: source <(netpol completion bash)
        _netpol() {
          local word=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} suggestions
          # The words after the program's name are what netpol is asked about.
          suggestions=$("${COMP_WORDS[0]}" "[suggest:$((${#line} - ${#COMP_WORDS[0]} - 1))]" "${line#"${COMP_WORDS[0]} "}" 2>/dev/null)
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$suggestions" -- "$word"))
          # Nothing of our own to offer: a path, most likely.
          ((${#COMPREPLY[@]})) || COMPREPLY=($(compgen -f -- "$word"))
        }
        complete -o filenames -F _netpol netpol ./netpol

        """;

    private const string Zsh = """
        #compdef netpol
        # netpol completion for zsh: source <(netpol completion zsh), or save it as _netpol in a folder of $fpath
        _netpol() {
          local line=${BUFFER[1,CURSOR]} suggestions
          suggestions=("${(@f)$("${words[1]}" "[suggest:$((${#line} - ${#words[1]} - 1))]" "${line#"${words[1]} "}" 2>/dev/null)}")
          suggestions=(${suggestions:#})
          if ((${#suggestions})); then compadd -- $suggestions; else _files; fi
        }
        compdef _netpol netpol

        """;

    private const string Fish = """
        # netpol completion for fish: netpol completion fish | source
        function __netpol_suggestions
          set -l line (commandline -cp)
          set -l program (commandline -opc)[1]
          set -l rest (string sub -s (math (string length -- $program) + 2) -- $line)
          $program "[suggest:"(string length -- $rest)"]" "$rest" 2>/dev/null
        end
        complete -c netpol -a '(__netpol_suggestions)'

        """;

    public static (Command Command, string Examples) Create()
    {
        var shell = new Argument<string>("shell") { Description = "Which shell." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that lets a shell complete netpol's commands and options.") { shell };
        command.SetAction(result => Console.Out.Write(result.GetRequiredValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        }));
        return (command, Examples);
    }
}
