using System.Text.Json;
using NetPol.Cli.Explaining;
using NetPol.Cli.Matrices;

namespace NetPol.Cli.Services;

/// <summary>What becomes of connections to a Service, as data: each answer with its pods and the addresses that are no pod's, and the explanation of the first.</summary>
internal static class ServiceJson
{
    public static void Write(Utf8JsonWriter json, ServiceEntry entry, Endpoint from, IReadOnlyList<ServiceAnswer> answers)
    {
        var service = entry.Service;
        json.WriteStartObject();
        json.WriteString("from", from.Name);
        json.WriteString("service", service.Id);
        json.WriteString("port", entry.Port);
        json.WriteString("address", entry.Address?.ToString());
        json.WriteString("node", entry.Node?.Name);
        json.WriteBoolean("headless", service.IsHeadless);
        json.WriteStartArray("addresses");
        foreach (var address in service.Addresses.Concat(service.ExternalAddresses))
            json.WriteStringValue(address.ToString());
        json.WriteEndArray();
        json.WriteStartArray("answers");
        foreach (var answer in answers)
        {
            json.WriteStartObject();
            json.WriteStartArray("pods");
            foreach (var pod in answer.Endpoints.Where(e => e.Pod is not null))
                json.WriteStringValue(pod.Name);
            json.WriteEndArray();
            json.WriteStartArray("addresses");
            foreach (var address in answer.Endpoints.Where(e => e.Pod is null))
                json.WriteStringValue(address.Name);
            json.WriteEndArray();
            json.WritePropertyName("explanation");
            ExplanationJson.Write(json, answer.Explanation, from, answer.Endpoints[0], answer.Checks);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
