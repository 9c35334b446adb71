using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Compiler;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol render</c>: what the kernel gets.</summary>
internal static class RenderCommand
{
    private const string Examples = """
        netpol render -f policy-samples/three-tier --node node-1
        netpol render -f policy-samples/three-tier --node node-1 | nft -c -f -
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var manifests = new ManifestOptions(global, isRequired: true);
        var node = NodeOption.Create("Node to render.", required: true, result => NameCompletion.Nodes(() => new(manifests.Read(result), null)));
        var command = new NetPolCommand("render", "Print the nftables table of a node in the syntax of nft -f.")
        {
            Examples = Examples,
        };
        command.Add(node);
        manifests.AddTo(command);
        command.SetAction(result =>
        {
            var world = WorldLoader.Load(manifests.Read(result));
            Comparable.RequirePods([world], "there is nothing to render");
            var name = NodeOption.Existing(world, result.GetRequiredValue(node));
            var (_, rules) = CompileCheck.Compile(world, w => PolicyCompiler.CompileNode(w, name));
            Console.Out.Write(NftText.Write(Renderer.Render(rules)));
        });
        return command;
    }
}
