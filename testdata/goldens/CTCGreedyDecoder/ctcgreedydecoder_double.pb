
;
inputsPlaceholder*
dtype0*
shape:	
<
sequence_lengthPlaceholder*
dtype0*
shape:
8
opCTCGreedyDecoderinputssequence_length*
T0