using System.Buffers.Text;
using System.Text.Json;
using Grpc.Core;
using NetPol.Controller.Infrastructure;
using Refusal = Grpc.Core.Status;

namespace NetPol.Controller.Security;

/// <summary>
/// Checks the claims of a token without its signature. It only refuses tokens that the API server would refuse too, and saves the review. A token of
/// a service account for an audience is always a JWT (KEP-1205, bound service account tokens; RFC 7519). The issuer is not compared: every pod can read the cluster's
/// in its own token, and an API server may change it.
/// </summary>
internal static class TokenPrecheck
{
    private const string Subject = "system:serviceaccount:";
    private const int LongestName = 120;

    /// <summary>In bytes. A token of a service account has about 1,200; a key of RSA 4096 and long names make 2,000 of it.</summary>
    private const int Longest = 8192;

    /// <summary>Clocks of this machine and the API server may differ.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(5);

    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 8 };

    /// <summary>Why the API server would refuse the token; null when it may be good.</summary>
    public static Refusal? FindFault(string token, ControllerOptions options, DateTimeOffset now)
    {
        try
        {
            var parts = token.Split('.', 4);
            if (token.Length > Longest || parts.Length != 3 || parts[2].Length == 0)
                return Unauthenticated("is no JSON web token, as the tokens of service accounts are");
            using var header = Decode(parts[0]);
            using var claims = Decode(parts[1]);
            return HeaderFault(header.RootElement) ?? ClaimsFault(claims.RootElement, options, now);
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            return Unauthenticated("is no JSON web token: a part of it is not JSON in base64url");
        }
    }

    /// <exception cref="FormatException">It is no base64url, or no object.</exception>
    /// <exception cref="JsonException">It is no JSON, or a deep one.</exception>
    private static JsonDocument Decode(string part)
    {
        var document = JsonDocument.Parse(Base64Url.DecodeFromChars(part), Shallow);
        return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new FormatException("it is no object");
    }

    /// <summary>Service account tokens are signed by a private key; a shared secret (HS256) or no signature proves nothing to an API server.</summary>
    private static Refusal? HeaderFault(JsonElement header) => Text(header, "alg") is { Length: > 0 } signature
        && !signature.Equals("none", StringComparison.OrdinalIgnoreCase) && !signature.StartsWith("HS", StringComparison.OrdinalIgnoreCase)
        ? null : Unauthenticated("is not signed as the tokens of service accounts are");

    private static Refusal? ClaimsFault(JsonElement claims, ControllerOptions options, DateTimeOffset now)
    {
        if (Text(claims, "iss") is not { Length: > 0 })
            return Unauthenticated("names no issuer");
        if (!HasAudience(claims, options.TokenAudience))
            return Unauthenticated($"is not of the audience {options.TokenAudience}");
        if (!IsNumberOrMissing(claims, "exp", out var expires) || !IsNumberOrMissing(claims, "nbf", out var begins))
            return Unauthenticated("has times that are none");
        if (expires is { } end && end < (now - Leeway).ToUnixTimeSeconds())
            return Unauthenticated("is past its time");
        if (begins is { } start && start > (now + Leeway).ToUnixTimeSeconds())
            return Unauthenticated("is not valid yet");
        var (subject, prefix) = (Text(claims, "sub"), $"{Subject}{options.Namespace}:");
        return string.Equals(subject, prefix + options.AgentServiceAccount, StringComparison.Ordinal) || string.Equals(subject, prefix + options.ObserverServiceAccount, StringComparison.Ordinal)
            ? null : new(StatusCode.PermissionDenied, $"the token is that of {TextLimit.Truncate(subject ?? "no account", LongestName)}, not of {prefix}{options.AgentServiceAccount}");
    }

    private static bool HasAudience(JsonElement claims, string audience) => claims.TryGetProperty("aud", out var reported) && reported.ValueKind switch
    {
        JsonValueKind.String => reported.ValueEquals(audience),
        JsonValueKind.Array => reported.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(audience)),
        _ => false,
    };

    private static bool IsNumberOrMissing(JsonElement claims, string name, out double? number)
    {
        number = null;
        if (!claims.TryGetProperty(name, out var reported))
            return true;
        if (reported.ValueKind != JsonValueKind.Number || !reported.TryGetDouble(out var value))
            return false;
        number = value;
        return true;
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static Refusal Unauthenticated(string why) => new(StatusCode.Unauthenticated, $"the token {why}");
}
