using System.Text.Json;
using NetPol.Testing.Infrastructure;
using YamlDotNet.RepresentationModel;

namespace NetPol.Architecture.Tests;

/// <summary>Hosted workflows are thin: each step calls a script of this repository, which anybody can call.</summary>
[TestClass]
public sealed class WorkflowTests
{
    [TestMethod]
    public void A_step_calls_one_script_that_exists()
    {
        var commands = Directory.GetFiles(Repository.Path(".github", "workflows"), "*.yml").SelectMany(Commands).ToList();
        Assert.IsNotEmpty(commands);
        Assert.AreEqual("", string.Join('\n', commands.Where(c => !IsScript(c))));
    }

    [TestMethod]
    public void The_devcontainer_calls_a_script_that_exists()
    {
        using var text = JsonDocument.Parse(File.ReadAllText(Repository.Path(".devcontainer", "devcontainer.json")));
        var command = text.RootElement.GetProperty("postCreateCommand").GetString()!;
        Assert.IsTrue(IsScript(command), command);
    }

    [TestMethod]
    [DataRow("./test Compiler")]
    [DataRow("build/version")]
    public void A_call_of_a_script_is_recognized(string command) => Assert.IsTrue(IsScript(command));

    [TestMethod]
    [DataRow("dotnet test")]
    [DataRow("./test && rm x")]
    [DataRow("./test\n./test")]
    [DataRow("build/nothing")]
    [DataRow("README.md")]
    public void Anything_else_is_refused(string command) => Assert.IsFalse(IsScript(command));

    private static bool IsScript(string command)
    {
        if (command.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not (' ' or '.' or '/' or '-')))
            return false;
        var file = Repository.Path(command.Split(' ')[0].Split('/'));
        return File.Exists(file) && (OperatingSystem.IsWindows() || File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute));
    }

    private static IEnumerable<string> Commands(string workflow)
    {
        var stream = new YamlStream();
        using var text = File.OpenText(workflow);
        stream.Load(text);
        return stream.Documents.SelectMany(d => d.AllNodes).OfType<YamlMappingNode>()
            .SelectMany(m => m.Children).Where(c => c.Key is YamlScalarNode { Value: "run" } && c.Value is YamlScalarNode).Select(c => ((YamlScalarNode)c.Value).Value!);
    }
}
