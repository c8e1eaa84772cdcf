
7
inputPlaceholder*
dtype0*
shape:	Á
W
opAudioSpectrograminput*
magnitude_squared(*
stride@*
window_size@