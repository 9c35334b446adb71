using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace NetPol.Model.Rules;

/// <summary>The hash behind the ids that are made of content: the first 64 bits of SHA-256, big-endian.</summary>
public static class ContentHash
{
    /// <summary>Hashes the UTF-8 form of <paramref name="canonicalText"/>.</summary>
    public static ulong Of(string canonicalText) => Of(Encoding.UTF8.GetBytes(canonicalText));

    public static ulong Of(ReadOnlySpan<byte> canonicalBytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(canonicalBytes, digest);
        return BinaryPrimitives.ReadUInt64BigEndian(digest);
    }
}
