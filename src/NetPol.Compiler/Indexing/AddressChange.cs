using NetPol.Model;

namespace NetPol.Compiler.Indexing;

/// <summary>An address whose endpoint class changed.</summary>
/// <param name="Address">The address.</param>
/// <param name="Before">The old endpoint class, or <see cref="Endpoints.None"/> without a pod.</param>
/// <param name="After">The new endpoint class, or <see cref="Endpoints.None"/> without a pod.</param>
internal readonly record struct AddressChange(IpAddress Address, int Before, int After);
