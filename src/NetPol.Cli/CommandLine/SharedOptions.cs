using System.CommandLine;
using System.CommandLine.Parsing;
using NetPol.Model;

namespace NetPol.Cli.CommandLine;

/// <summary>Makes the options that several commands have, so that they are called, read and explained alike everywhere.</summary>
internal static class SharedOptions
{
    public static Option<string[]> Files()
    {
        var option = Files("--filename", "YAML or JSON files, or folders with all below; - is standard input.");
        option.Aliases.Add("-f");
        return option;
    }

    public static Option<string[]> Files(string name, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = "PATH",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        // Every word that stands behind a path counts as one more, a misspelt option too.
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value is ['-', _, ..]))
                result.AddError($"{token.Value}: there is no such option; write ./{token.Value} if a file is called so");
        });
        return option;
    }

    /// <param name="formats">The accepted values, of <see cref="OutputFormat"/>; the first is the default.</param>
    public static Option<OutputFormat> Output(params OutputFormat[] formats)
    {
        var option = Choice("--output", "Output format.", formats);
        option.Aliases.Add("-o");
        return option;
    }

    /// <summary>One of some values, in lower case.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">For the help.</param>
    /// <param name="values">The accepted values; the first is the default.</param>
    public static Option<T> Choice<T>(string name, string description, params T[] values)
        where T : struct, Enum
    {
        var names = Array.ConvertAll(values, v => v.ToString().ToLowerInvariant());
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = string.Join('|', names),
            DefaultValueFactory = _ => values[0],
            CustomParser = result =>
            {
                var place = Array.IndexOf(names, result.Tokens[0].Value);
                if (place >= 0)
                    return values[place];
                result.AddError($"{((OptionResult)result.Parent!).IdentifierToken} {result.Tokens[0].Value}: write {string.Join(" or ", names)}");
                return default;
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(names);
        return option;
    }

    public static Option<ProbePort[]> Ports(string description) => new("--port", "-p")
    {
        Description = description,
        HelpName = "PORT",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ParseEach<ProbePort>(result, ProbePort.TryParse, $"write {ProbePort.Syntax}"),
    };

    public static Option<IpAddress[]> Addresses() => new("--address", "-a")
    {
        Description = "More addresses: outside the cluster, of a node, or of a Service.",
        HelpName = "IP",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ParseEach<IpAddress>(result, IpAddress.TryParse, "write an IPv4 or IPv6 address, such as 192.0.2.7"),
    };

    public static Option<int?> Nodes()
    {
        var option = new Option<int?>("--nodes")
        {
            Description = "Minimum number of nodes (default: 2). Pods without a node are spread.",
            HelpName = "N",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var text && (!int.TryParse(text, out var count) || count is < 1 or > 250))
                result.AddError($"--nodes {text}: write a number from 1 to 250");
        });
        return option;
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static T[] ParseEach<T>(ArgumentResult result, TryParse<T> tryParse, string hint)
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            if (tryParse(token.Value, out var value))
                values.Add(value);
            else
                result.AddError($"{((OptionResult)result.Parent!).Option.Name} {token.Value}: {hint}");
        }
        return [.. values];
    }
}
