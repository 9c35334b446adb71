using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>An address whose pods are others than they were.</summary>
/// <param name="Address">The address.</param>
/// <param name="Before">The kind that it had; <see cref="Endpoints.None"/> when no pod had it.</param>
/// <param name="After">The kind that it has.</param>
internal readonly record struct AddressChange(IpAddress Address, int Before, int After);
