using Microsoft.Testing.Platform.Builder;

namespace NetPol.Lab.Tests;

/// <summary>Runs the tests. With the arguments <c>hold-lab NAME</c> it makes a lab, prints a line, and waits to be killed.</summary>
internal static class Program
{
    public const string HoldLab = "hold-lab";

    public static async Task<int> Main(string[] args)
    {
        if (args is [HoldLab, var name])
        {
            using var lab = LabNetwork.Create(LabFactory.TwoNodes, name);
            await Console.Out.WriteLineAsync("up");
            await Console.In.ReadLineAsync();
            return 0;
        }

        var builder = await TestApplication.CreateBuilderAsync(args);
        SelfRegisteredExtensions.AddSelfRegisteredExtensions(builder, args);
        using var application = await builder.BuildAsync();
        return await application.RunAsync();
    }
}
