using NetPol.Agent;
using NetPol.Hosting;

return await CommandProgram.RunAsync("netpol-agent", AgentCommand.Create(AgentHost.RunAsync), args);
