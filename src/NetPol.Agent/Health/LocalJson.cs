using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NetPol.Agent.Streaming;

namespace NetPol.Agent.Health;

/// <summary>The JSON of the loopback port, written by code made at build time: a program compiled ahead of time has no reflection to write it with.</summary>
[JsonSerializable(typeof(AgentDescription))]
internal sealed partial class LocalJson : JsonSerializerContext
{
    /// <summary>As ASP.NET writes JSON: names in camel case, and nothing escaped that only HTML would need escaped.</summary>
    public static LocalJson Web { get; } = new(new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
