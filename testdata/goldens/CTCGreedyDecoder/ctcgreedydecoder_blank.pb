
;
inputsPlaceholder*
dtype0*
shape:	
<
sequence_lengthPlaceholder*
dtype0*
shape:
K
opCTCGreedyDecoderinputssequence_length*
T0*
blank_index