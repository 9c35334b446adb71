using System.Text.Json.Serialization;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Services;

namespace NetPol.Cli.Explain;

/// <summary>Why connections to the endpoints of a Service are allowed or denied.</summary>
/// <param name="From">The source: <c>namespace/pod</c>, or an address.</param>
/// <param name="Service">The Service: <c>namespace/name</c>.</param>
/// <param name="Port">The Service's port.</param>
/// <param name="Address">The address that the source connects to; null for any of the Service.</param>
/// <param name="Node">The node whose port is asked for; null for none.</param>
/// <param name="Headless">Whether the Service has no address of its own.</param>
/// <param name="Addresses">The addresses of the Service.</param>
/// <param name="Answers">The endpoints, grouped by what decides their connections.</param>
internal sealed record ServiceExplanationDocument(
    string From,
    string Service,
    string Port,
    string? Address,
    string? Node,
    bool Headless,
    IReadOnlyList<string> Addresses,
    IReadOnlyList<ServiceAnswerJson> Answers) : Document("ServiceExplanation", ServiceExplanationSerializers.Default)
{
    public static ServiceExplanationDocument Create(ServiceEntry entry, Endpoint from, IEnumerable<ServiceAnswer> answers) => new(
        from.Name,
        entry.Service.Id,
        entry.Port,
        entry.Address?.ToString(),
        entry.Node?.Name,
        entry.Service.IsHeadless,
        [.. entry.Service.Addresses.Concat(entry.Service.ExternalAddresses).Select(a => a.ToString())],
        [.. answers.Select(a => ServiceAnswerJson.Create(from, a))]);
}

/// <summary>Endpoints whose connections the same rules decide.</summary>
/// <param name="Pods">The endpoints that are pods.</param>
/// <param name="Addresses">The endpoints that are not.</param>
/// <param name="Explanation">The explanation for the first endpoint.</param>
internal sealed record ServiceAnswerJson(IReadOnlyList<string> Pods, IReadOnlyList<string> Addresses, ExplanationDocument Explanation)
{
    public static ServiceAnswerJson Create(Endpoint from, ServiceAnswer answer) => new(
        [.. answer.Endpoints.Where(e => e.Pod is not null).Select(e => e.Name)],
        [.. answer.Endpoints.Where(e => e.Pod is null).Select(e => e.Name)],
        ExplanationDocument.Create(answer.Explanation, from, answer.Endpoints[0], answer.Checks));
}

[JsonSerializable(typeof(ServiceExplanationDocument))]
internal sealed partial class ServiceExplanationSerializers : JsonSerializerContext;
