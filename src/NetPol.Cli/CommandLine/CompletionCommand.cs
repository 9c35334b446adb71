using System.CommandLine;

namespace NetPol.Cli.CommandLine;

/// <summary><c>netpol completion</c>: prints shell scripts that call netpol for suggestions (<see cref="Completion"/>).</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # netpol completion for bash: source <(netpol completion bash)
        _netpol() {
          local lines
          mapfile -t lines < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
          if ((${#lines[@]} > 1)); then
            COMPREPLY=("${lines[@]:0:${#lines[@]}-1}")
          else
            # Nothing to offer: a path, most likely.
            compopt -o filenames
            COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
          fi
        }
        complete -F _netpol netpol ./netpol kubectl-netpol

        """;

    private const string Zsh = """
        #compdef netpol kubectl-netpol
        # netpol completion for zsh: source <(netpol completion zsh), or save it as _netpol in a folder of $fpath
        _netpol() {
          local -a lines
          lines=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
          if ((${#lines} > 1)); then compadd -- "${(@)lines[1,-2]}"; else _files; fi
        }
        compdef _netpol netpol kubectl-netpol

        """;

    private const string Fish = """
        # netpol completion for fish: netpol completion fish | source
        function __netpol_suggestions
          set -l words (commandline -opc)
          $words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null | string match --invert --regex '^:\d+$'
        end
        complete -c netpol -a '(__netpol_suggestions)'

        """;

    private const string Kubectl = """
        #!/bin/sh
        # Lets kubectl complete "kubectl netpol": save it as kubectl_complete-netpol in a folder of $PATH, and make it executable.
        exec kubectl-netpol __complete "$@"

        """;

    public static NetPolCommand Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish; or kubectl for the script kubectl_complete-netpol." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "kubectl");
        var command = new NetPolCommand("completion", "Print a script that completes commands, options, and names of pods and policies.")
        {
            Examples = """
                source <(netpol completion bash)
                netpol completion zsh > "${fpath[1]}/_netpol"
                netpol completion fish > ~/.config/fish/completions/netpol.fish
                netpol completion kubectl > ~/.local/bin/kubectl_complete-netpol
                """,
        };
        command.Add(shell);
        command.SetAction(result => Console.Out.Write(result.GetRequiredValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            _ => Kubectl,
        }));
        return command;
    }
}
