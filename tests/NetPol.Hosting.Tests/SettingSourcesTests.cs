using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace NetPol.Hosting.Tests;

/// <summary>Where settings come from, and the messages about wrong ones.</summary>
[TestClass]
public sealed class SettingSourcesTests : IDisposable
{
    private static readonly IReadOnlyList<Setting> Settings =
    [
        new("test-sources-port", "", "PORT", "a port from 1 to 65535"),
        new("test-sources-name", "", "NAME", "a name"),
        .. DaemonOptions.CommonSettings,
    ];

    private readonly string _file = Path.GetTempFileName();

    [TestMethod]
    [DataRow(null, null, null, 1)]
    [DataRow(2, null, null, 2)]
    [DataRow(2, 3, null, 3)]
    [DataRow(2, 3, 4, 4)]
    [DataRow(null, null, 4, 4)]
    public void A_flag_overrides_the_environment_and_that_the_file(int? file, int? variable, int? flag, int expected)
    {
        using var sources = Read(file is null ? "{}" : $$"""{"test-sources-port":{{file}}}""", variable?.ToString(), flag is null ? [] : [("test-sources-port", $"{flag}")]);
        Assert.AreEqual(expected, Bound(sources).TestSourcesPort);
    }

    [TestMethod]
    [DataRow("""{"test-sources-port":"x"}""", null, null, "--test-sources-port: \"x\" in FILE is not valid: write a port from 1 to 65535")]
    [DataRow("{}", "x", null, "--test-sources-port: \"x\" in the environment variable NETPOL_TEST_SOURCES_PORT is not valid: write a port from 1 to 65535")]
    [DataRow("{}", "7", "", "--test-sources-port: \"\" on the command line is not valid: write a port from 1 to 65535")]
    public void A_value_of_another_type_is_named_with_its_source(string file, string? variable, string? flag, string expected)
    {
        using var sources = Read(file, variable, flag is null ? [] : [("test-sources-port", flag)]);
        var error = Assert.ThrowsExactly<ConfigurationException>(() => sources.RequireTypes(c => c.Bind(new Options())));
        Assert.AreEqual(expected.Replace("FILE", _file, StringComparison.Ordinal), error.Message);
    }

    [TestMethod]
    public void Every_value_out_of_range_is_a_line()
    {
        using var sources = Read("{}", "0", [("otlp-endpoint", "collector:4317"), ("metrics-port", "70000")]);
        sources.RequireTypes(c => c.Bind(new Options()));
        var refused = new OptionsValidator().Validate(null, Bound(sources));
        CollectionAssert.AreEquivalent(
            new[]
            {
                "--test-sources-port: \"0\" in the environment variable NETPOL_TEST_SOURCES_PORT is not valid: write a port from 1 to 65535",
                "--test-sources-name: it is missing: write a name",
                "--otlp-endpoint: \"collector:4317\" on the command line is not valid: write the address of a collector, such as http://HOST:PORT",
                "--metrics-port: \"70000\" on the command line is not valid: write a port from 1 to 65535",
            },
            sources.Explain(new(Microsoft.Extensions.Options.Options.DefaultName, typeof(Options), refused.Failures)).Faults.ToArray());
    }

    [TestMethod]
    [DataRow("{", "--config: ")]
    [DataRow(null, "--config: ")]
    public void A_file_that_cannot_be_read_is_named(string? text, string expected)
    {
        if (text is null)
            File.Delete(_file);
        var error = Assert.ThrowsExactly<ConfigurationException>(() => Read(text, null, []).Dispose());
        Assert.StartsWith($"{expected}\"{_file}\" cannot be read: ", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("NETPOL_TEST_SOURCES_PORT", null);
        File.Delete(_file);
    }

    private static Options Bound(SettingSources sources)
    {
        var options = new Options();
        sources.Configuration.Bind(options);
        return options;
    }

    private SettingSources Read(string? file, string? variable, (string Name, string Value)[] flags)
    {
        if (file is not null)
            File.WriteAllText(_file, file);
        Environment.SetEnvironmentVariable("NETPOL_TEST_SOURCES_PORT", variable);
        return new(Settings, [KeyValuePair.Create("test-sources-port", (string?)"1")], _file, flags.Select(f => KeyValuePair.Create(f.Name, (string?)f.Value)));
    }

    internal sealed record Options : DaemonOptions
    {
        [Range(1, 65535)]
        public int TestSourcesPort { get; set; }

        [Required]
        public string TestSourcesName { get; set; } = "";

        [Range(1, 65535)]
        public override int LocalPort { get; set; } = 1;
    }
}

[OptionsValidator]
internal sealed partial class OptionsValidator : IValidateOptions<SettingSourcesTests.Options>;
