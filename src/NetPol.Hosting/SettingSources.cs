using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Options;

namespace NetPol.Hosting;

/// <summary>
/// The settings of a daemon, from defaults, the file of <c>--config</c>, the environment (<c>NETPOL_LOG_LEVEL</c> for <c>--log-level</c>) and the flags. A later source overrides an earlier one.
/// </summary>
public sealed class SettingSources : IDisposable
{
    private readonly IReadOnlyList<Setting> _settings;
    private readonly ConfigurationRoot _configuration;

    /// <summary>Reads all sources.</summary>
    /// <param name="settings">All settings of the daemon.</param>
    /// <param name="defaults">By name, the values that apply if no source has one.</param>
    /// <param name="file">A JSON file with the names of settings as keys; null for none.</param>
    /// <param name="flags">By name, the values on the command line.</param>
    /// <exception cref="ConfigurationException">The file is missing, unreadable or not JSON.</exception>
    public SettingSources(IReadOnlyList<Setting> settings, IEnumerable<KeyValuePair<string, string?>> defaults, string? file, IEnumerable<KeyValuePair<string, string?>> flags)
    {
        _settings = settings;
        List<IConfigurationProvider> providers = [new Values(defaults, "by default"), new EnvironmentVariables(), new Values(flags, "on the command line")];
        if (file is not null)
            providers.Insert(1, new JsonFile(file));
        try
        {
            _configuration = new(providers);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"--config: \"{file}\" cannot be read: {error.Message} {error.InnerException?.Message}".TrimEnd(), error);
        }
    }

    /// <summary>The settings, each by the name of its property.</summary>
    public IConfiguration Configuration => _configuration;

    /// <summary>Requires that each value has the type of its property, and that none is empty that may not be.</summary>
    /// <param name="bind">Binds a configuration to new options.</param>
    /// <exception cref="ConfigurationException">Some have not.</exception>
    public void RequireTypes(Action<IConfiguration> bind)
    {
        var faults = _settings.Where(s => !CanBind(bind, s)).Select(Fault).ToList();
        if (faults.Count > 0)
            throw new ConfigurationException(faults);
    }

    /// <summary>What to tell the operator of options that their validator refused.</summary>
    public ConfigurationException Explain(OptionsValidationException error) => new([.. error.Failures.Select(Fault).Distinct(StringComparer.Ordinal)], error);

    public void Dispose() => _configuration.Dispose();

    private bool CanBind(Action<IConfiguration> bind, Setting setting)
    {
        if (_configuration[setting.Key] is not { } value)
            return true;
        if (value.Length == 0)
            return setting.MayBeEmpty;
        try
        {
            bind(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>(setting.Key, value)]).Build());
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <param name="failure">What a validator says: the property, a colon, and a text.</param>
    private string Fault(string failure)
    {
        var property = failure.Split(':')[0];
        return _settings.FirstOrDefault(s => string.Equals(s.Key, property, StringComparison.OrdinalIgnoreCase)) is { } setting ? Fault(setting) : failure;
    }

    private string Fault(Setting setting)
    {
        foreach (var provider in _configuration.Providers.Reverse())
        {
            if (provider.TryGet(setting.Key, out var value))
                return $"{setting.Flag}: \"{value}\" {((ISource)provider).Place(setting)} is not valid: write {setting.Expected}";
        }
        return $"{setting.Flag}: it is missing: write {setting.Expected}";
    }

    private interface ISource
    {
        /// <summary>Where the source has a setting, as part of a sentence: "on the command line".</summary>
        string Place(Setting setting);
    }

    private sealed class Values : ConfigurationProvider, ISource
    {
        private readonly string _place;

        public Values(IEnumerable<KeyValuePair<string, string?>> values, string place)
        {
            _place = place;
            foreach (var (name, value) in values)
                Data[Setting.KeyOf(name)] = value;
        }

        public string Place(Setting setting) => _place;
    }

    private sealed class EnvironmentVariables() : EnvironmentVariablesConfigurationProvider(Setting.Prefix), ISource
    {
        public string Place(Setting setting) => $"in the environment variable {setting.Variable}";

        public override void Load()
        {
            base.Load();
            Data = ByKey(Data);
        }
    }

    private sealed class JsonFile(string path)
        : JsonConfigurationProvider(new() { Path = System.IO.Path.GetFullPath(path), FileProvider = new PhysicalFileProvider("/") }), ISource
    {
        public string Place(Setting setting) => $"in {path}";

        public override void Load()
        {
            base.Load();
            Data = ByKey(Data);
        }
    }

    private static Dictionary<string, string?> ByKey(IDictionary<string, string?> data)
    {
        var byKey = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in data)
            byKey[Setting.KeyOf(name)] = value;
        return byKey;
    }
}
