using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetPol.Protocol.State;

/// <summary>Reports as JSON, by code made at build time: a program compiled ahead of time has no reflection to do it with.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ReplicaReport))]
internal sealed partial class ReplicaReportJson : JsonSerializerContext;
