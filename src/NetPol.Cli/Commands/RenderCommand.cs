using System.CommandLine;
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

    public static (Command Command, string Examples) Create()
    {
        var manifests = new ManifestOptions(isRequired: true);
        var node = NodeOption.Create("The node whose table is written.", required: true);
        var command = new Command("render", "Write the nftables table of a node as nft -f reads it.") { node };
        manifests.AddTo(command);
        command.SetAction(result =>
        {
            var world = WorldLoader.Load(manifests.Read(result, new(null, null)));
            Comparable.RequirePods([world], "there is nothing to render");
            var name = NodeOption.Existing(world, result.GetRequiredValue(node));
            var (_, rules) = CompileCheck.Compile(world, w => PolicyCompiler.CompileNode(w, name));
            Console.Out.Write(NftText.Write(Renderer.Render(rules)));
        });
        return (command, Examples);
    }
}
